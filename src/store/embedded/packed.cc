#include "store/embedded/packed.h"

#include "base/bytes.h"

namespace millrace::store {

std::optional<std::size_t> count_packed(std::string_view packed) {
  ByteReader in(packed);
  std::optional<std::string_view> last;
  std::size_t count = 0;
  while (in.ok() && !in.at_end()) {
    std::string_view member = in.sized();
    in.sized();
    if (last && !(*last < member)) return std::nullopt;
    last = member;
    ++count;
  }
  if (!in.ok() || count == 0) return std::nullopt;
  return count;
}

PackedEntry find_packed(std::string_view packed, std::string_view member) {
  ByteReader in(packed);
  while (!in.at_end()) {
    std::size_t begin = packed.size() - in.rest().size();
    std::string_view found = in.sized();
    std::string_view value = in.sized();
    std::size_t end = packed.size() - in.rest().size();
    int order = found.compare(member);
    if (order == 0) return {begin, end, value};
    if (order > 0) return {begin, begin, std::nullopt};
  }
  return {packed.size(), packed.size(), std::nullopt};
}

void put_packed(std::string& packed, const PackedEntry& at, std::string_view member, std::string_view value) {
  std::string entry;
  append_packed(entry, member, value);
  packed.replace(at.begin, at.end - at.begin, entry);
}

void erase_packed(std::string& packed, const PackedEntry& at) {
  packed.erase(at.begin, at.end - at.begin);
}

std::pair<std::string_view, std::string_view> take_packed(std::string_view& packed) {
  ByteReader in(packed);
  std::string_view member = in.sized();
  std::string_view value = in.sized();
  packed = in.rest();
  return {member, value};
}

void append_packed(std::string& packed, std::string_view member, std::string_view value) {
  append_sized(packed, member);
  append_sized(packed, value);
}

}  // namespace millrace::store
