// Any bytes either are refused or give a row that encodes to the same bytes.

#include <cstdlib>

#include "store/embedded/stream_rows.h"

using namespace millrace::store;

namespace {

template <class Row>
void require_same(const std::optional<Row>& row, std::string_view bytes) {
  if (row && encode(*row) != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require_same(decode_stream(bytes), bytes);
  require_same(decode_group(bytes), bytes);
  require_same(decode_consumer(bytes), bytes);
  require_same(decode_pending(bytes), bytes);
  id_of_member(bytes);
  auto id = parse_stream_id(bytes);
  if (id && parse_stream_id(to_text(*id)) != id) std::abort();
  return 0;
}
