// The first line is a path, the rest a document. Whatever they hold: a document prints to text that reads back as the
// same document and prints the same; a path finds only places that can be changed from the inside to the outside, and
// taken out.

#include <algorithm>
#include <cstdlib>

#include "store/json/path.h"
#include "store/json/text.h"

using namespace millrace::store::json;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

void change_all(const Path& path, Value document) {
  auto matches = find(path, document);
  if (!matches) return;
  for (std::size_t position : innermost_first(*matches)) {
    Value& value = *(*matches)[position].value;
    if (auto* items = value.array()) {
      items->insert(items->begin(), Value(std::int64_t{1}));
    } else if (auto* members = value.object()) {
      put(*members, "new", Value(true));
    } else {
      value = Value(std::string("changed"));
    }
  }
  require(parse(print(document)).has_value() || depth(document) > depth_max);
}

void take_out_all(const Path& path, Value document) {
  auto matches = find(path, document);
  if (!matches) return;
  auto places = outermost(document, *matches);
  bool root = std::ranges::any_of(*matches, [](const Match& match) { return match.depth == 0; });
  std::size_t count = places.size();
  if (!root) require(remove(document, *matches) == count);
  require(parse(print(document)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::size_t line = std::min(bytes.find('\n'), bytes.size());
  auto document = parse(bytes.substr(std::min(line + 1, bytes.size())));
  if (document) {
    std::string text = print(*document);
    auto again = parse(text);
    require(again && *again == *document && print(*again) == text);
  }
  auto path = Path::parse(bytes.substr(0, line));
  if (!path || !document) return 0;
  change_all(*path, *document);
  take_out_all(*path, *document);
  return 0;
}
