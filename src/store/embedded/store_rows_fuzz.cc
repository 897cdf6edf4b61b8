// Any bytes either are refused or give a row that encodes to the same bytes; packed elements stay sorted and whole
// whatever is put in and taken out.

#include <cstdlib>

#include "store/embedded/packed.h"
#include "store/embedded/rows.h"

using namespace millrace::store;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

void change_packed(std::string packed, std::string_view member) {
  std::size_t count = *count_packed(packed);
  bool known = find_packed(packed, member).value.has_value();
  put_packed(packed, find_packed(packed, member), member, "value");
  require(count_packed(packed) == count + (known ? 0 : 1));
  require(find_packed(packed, member).value == "value");
  erase_packed(packed, find_packed(packed, member));
  require(!find_packed(packed, member).value);
  require(count_packed(packed).value_or(0) == count - (known ? 1 : 0));
}

std::string rebuild(std::string_view packed) {
  std::string again;
  while (!packed.empty()) {
    auto [member, value] = take_packed(packed);
    append_packed(again, member, value);
  }
  return again;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto row = decode_database(bytes)) require(encode(*row) == bytes);
  if (auto row = decode_keyspace(bytes)) require(encode(*row) == bytes);
  if (auto id = decode_id(bytes)) require(encode_id(*id) == bytes);
  if (auto libraries = decode_libraries(bytes)) require(encode(*libraries) == bytes);
  if (auto unlinked = decode_unlinked_key(bytes)) require(unlinked_key(*unlinked) == bytes);
  auto row = decode_key(bytes);
  if (!row) return 0;
  std::string again;
  encode(*row, again);
  require(again == bytes);
  if (row->type == Type::string || row->spread || !count_packed(row->content)) return 0;
  require(rebuild(row->content) == row->content);
  change_packed(std::string(row->content), bytes.substr(0, size % 7));
  return 0;
}
