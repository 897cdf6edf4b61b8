#pragma once

// A small collection in the row of its key: its entries one after the other, each a member and a value (empty in a
// set), sorted by the bytes of the member. Reading one means walking over those before it, so they are kept few. Pure.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::store {

// Beyond these a collection is spread. 1 KiB: rewriting the row costs about as much as writing another row beside it.
constexpr std::size_t packed_entries_max = 128;
constexpr std::size_t packed_bytes_max = 1024;

struct PackedEntry {
  std::size_t begin = 0;  // where it stands, or would stand
  std::size_t end = 0;
  std::optional<std::string_view> value{};  // absent: there is none
};

// How many entries `packed` has; nothing unless it is one or more whole entries in strictly ascending order. The calls
// below rely on it.
std::optional<std::size_t> count_packed(std::string_view packed);

PackedEntry find_packed(std::string_view packed, std::string_view member);
void put_packed(std::string& packed, const PackedEntry& at, std::string_view member, std::string_view value);
void erase_packed(std::string& packed, const PackedEntry& at);

// The first entry of what is left, and moves on behind it. Only while `packed` is not empty.
std::pair<std::string_view, std::string_view> take_packed(std::string_view& packed);

void append_packed(std::string& packed, std::string_view member, std::string_view value);

}  // namespace millrace::store
