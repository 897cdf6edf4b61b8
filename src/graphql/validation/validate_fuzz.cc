// Any document against one schema: validation ends, and what it tells lies in the document.

#include <cstdlib>
#include <string_view>

#include "graphql/language/parser.h"
#include "graphql/schema/build.h"
#include "graphql/validation/validate.h"
#include "graphql/validation/zoo_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::graphql;
  static const SchemaPointer schema = build_schema(zoo_schema).value();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document = parse(text, {.allow_empty_selection_sets = size % 2 == 0});
  if (!document) return 0;
  auto errors = validate(*schema, *document);
  if (errors.size() > 101) std::abort();
  for (auto& error : errors) {
    if (error.message.empty()) std::abort();
    for (auto& location : error.locations)
      if (location.line == 0 || location.column == 0 || location.line > size + 1) std::abort();
  }
  // What is valid stays valid, and the second time finds the slots filled.
  if (errors.size() != validate(*schema, *document).size()) std::abort();
  return 0;
}
