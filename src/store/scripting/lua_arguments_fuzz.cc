// Any bytes as the keys and arguments of a script that hands them to all libraries, as what a command answers it, and
// as a script's own text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "store/scripting/interpreter.h"

namespace {

using namespace millrace;
using namespace millrace::store;

constexpr std::string_view body = R"(
  local answer = redis.pcall(unpack(ARGV))
  local function try(f, ...)
    local results = {pcall(f, ...)}
    if results[1] then pcall(cjson.encode, results) pcall(cmsgpack.pack, results) end
    return results
  end
  local input = KEYS[1] or ''
  local out = {answer, input}
  for _, f in ipairs({cjson.decode, cmsgpack.unpack, cmsgpack.unpack_one, redis.error_reply, redis.status_reply,
                      loadstring, redis.sha1hex, struct.size}) do
    out[#out + 1] = try(f, input)
  end
  out[#out + 1] = try(struct.unpack, input, KEYS[2] or '')
  out[#out + 1] = try(struct.pack, input, unpack(ARGV))
  redis.setresp(#input % 2 + 2)
  out[#out + 1] = {redis.pcall('again')}
  return out
)";

// One reply of any shape.
Reply read_reply(ByteReader& in, int depth) {
  const std::uint8_t kind = in.byte() % 14;
  Reply reply{.kind = static_cast<Reply::Kind>(kind)};
  reply.integer = static_cast<std::int64_t>(in.varint());
  if (reply.kind == Reply::Kind::boolean) reply.integer &= 1;
  reply.real = static_cast<double>(reply.integer) / 3;
  if (depth == 8 || kind < 2) return reply;
  const bool has_elements = reply.kind == Reply::Kind::array || reply.kind == Reply::Kind::map ||
                            reply.kind == Reply::Kind::set || reply.kind == Reply::Kind::push;
  if (!has_elements) {
    reply.text = in.take(in.byte() % 16);
    return reply;
  }
  for (int left = in.byte() % 6; left > 0 && in.ok(); --left) reply.elements.push_back(read_reply(in, depth + 1));
  if (reply.kind == Reply::Kind::map && reply.elements.size() % 2 == 1) reply.elements.pop_back();
  return reply;
}

std::vector<std::string> read_strings(ByteReader& in) {
  std::vector<std::string> strings;
  for (int left = in.byte() % 5; left > 0 && in.ok(); --left) strings.emplace_back(in.take(in.byte()));
  return strings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static Interpreter interpreter({.memory_max = 64u << 20, .time_max = std::chrono::milliseconds(500)});
  ByteReader in({reinterpret_cast<const char*>(bytes), size});
  const std::vector<std::string> keys = read_strings(in);
  const std::vector<std::string> arguments = read_strings(in);
  const Reply answer = read_reply(in, 0);
  ScriptCall call{.keys = keys,
                  .arguments = arguments,
                  .form = size % 2 == 0 ? ErrorForm::redis : ErrorForm::rest,
                  .execute = [&](Command, int) -> Result<Reply> { return answer; }};
  if (!interpreter.run(*interpreter.load(body).value(), call)) std::abort();

  if (auto script = interpreter.load(in.rest())) {
    const Script own = **script;
    (void)interpreter.run(own, call);
  }
  return 0;
}
