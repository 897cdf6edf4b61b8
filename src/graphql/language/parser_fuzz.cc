// Any bytes parse or are refused, and what is printed parses to the same print.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graphql/language/location.h"
#include "graphql/language/parser.h"
#include "graphql/language/printer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::graphql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = parse(text);
  if (!document) {
    if (document.error().offset > size || document.error().message.empty()) std::abort();
    locate(text, document.error().offset);
    return 0;
  }
  const auto printed = print(*document);
  const auto again = parse(printed);
  if (!again || print(*again) != printed) std::abort();
  return 0;
}
