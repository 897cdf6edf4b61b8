// Any path, query and body: read without a fault, within the limits, and a command that was read and is written as a
// JSON body reads back the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/json_writer.h"
#include "front/redis/rest_request.h"

namespace {

using namespace millrace;
using namespace millrace::front;

constexpr RestLimits limits{.request_bytes = 4096, .commands_max = 16, .words_max = 64};

std::string padded(std::string_view text) {
  std::string copy(text);
  copy.append(json_padding, '\0');
  return copy;
}

void check_round_trip(const store::Command& command) {
  std::string body;
  JsonWriter json(body);
  json.open_array();
  std::size_t bytes = 0;
  for (const std::string& word : command) {
    std::string text;
    append_json_string_repaired(text, word);
    if (text.find("\xef\xbf\xbd") != std::string::npos) return;  // not UTF-8: cannot be said in JSON
    json.raw(text);
    bytes += text.size();
  }
  json.close_array();
  if (bytes > limits.request_bytes || command.size() > limits.words_max) return;
  if (body.size() > limits.request_bytes) return;
  std::string copy = padded(body);
  RestRequest again = read_rest_request({.body = {copy.data(), body.size()}}, limits);
  if (again.action != RestAction::command || again.commands.front() != command) std::abort();
}

}  // namespace

// The first line is the path, the second the query, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  auto line = [&input] {
    std::string_view taken = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), taken.size() + 1));
    return taken;
  };
  std::string_view path = line();
  std::string_view query = line();
  std::string body = padded(input);
  RestRequest request = read_rest_request(
      {.path = path, .query = query, .body = {body.data(), input.size()}, .event_stream = size % 2 == 0}, limits);
  bool refused = request.action == RestAction::refuse;
  if (refused == request.error.empty() || refused != request.commands.empty()) std::abort();
  if (request.commands.size() > limits.commands_max) std::abort();
  for (const store::Command& command : request.commands) refused_over_rest(command);
  for (const auto& [index, text] : request.faults) {
    if (!request.commands.at(index).empty() || text.empty()) std::abort();
  }
  if (request.action == RestAction::command) check_round_trip(request.commands.front());
  return 0;
}
