// Any bytes parse or are refused, and what is printed parses to the same print.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graphql/language/location.h"
#include "graphql/language/parser.h"
#include "graphql/language/printer.h"

namespace {

using namespace millrace::graphql;

// A type-system definition may end without braces, and a shorthand query that follows it then reads as its body. The
// reference prints such a document so, too, and no service would run it.
bool is_ambiguous(const ast::Document& document) {
  bool type_system_before = false;
  for (ast::Definition* definition : document.definitions()) {
    const auto* operation = ast::as_operation(definition);
    if (operation != nullptr && operation->shorthand && type_system_before) return true;
    type_system_before = operation == nullptr && ast::as_fragment(definition) == nullptr;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = parse(text);
  if (!document) {
    if (document.error().offset > size || document.error().message.empty()) std::abort();
    locate(text, document.error().offset);
    return 0;
  }
  if (is_ambiguous(*document)) return 0;
  const auto printed = print(*document);
  const auto again = parse(printed);
  if (!again || print(*again) != printed) std::abort();
  return 0;
}
