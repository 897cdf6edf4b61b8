// Any bytes build a schema or are refused with errors that have a place; what is printed of a schema builds again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graphql/schema/build.h"
#include "graphql/schema/print.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::graphql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto schema = build_schema(text, {.limits = {.tokens_max = 5000, .depth_max = 50}});
  if (!schema) {
    if (schema.error().empty()) std::abort();
    return 0;
  }
  const auto printed = print_schema(**schema);
  const auto again = build_schema(printed);
  if (!again || print_schema(**again) != printed) std::abort();
  return 0;
}
