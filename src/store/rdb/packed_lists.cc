#include "store/rdb/packed_lists.h"

#include <cstdint>

#include "store/commands/text.h"
#include "store/rdb/reader.h"

namespace millrace::store::rdb {
namespace {

constexpr unsigned end_mark = 0xff;

// `bytes` as a number with a sign, the lowest byte first.
std::int64_t signed_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
  auto unused = static_cast<unsigned>(64 - 8 * bytes.size());
  return bytes.empty() ? 0 : static_cast<std::int64_t>(number << unused) >> unused;
}

std::string integer_text(Reader& in, std::size_t size) {
  return std::to_string(signed_number(in.take(size)));
}

// How many bytes the length of an entry takes, which stands behind it so that a list can be read backwards.
std::size_t backward_size(std::size_t entry_size) {
  std::size_t size = 1;
  for (std::size_t limit = 128; entry_size >= limit && size < 5; limit <<= 7) ++size;
  return size;
}

struct Entry {
  std::string text{};
  std::size_t head = 0;  // bytes before what `text` was made of
  std::size_t body = 0;
};

Entry take_text(Reader& in, std::size_t head, std::uint64_t size) {
  return {std::string(in.take(size)), head, size};
}

Entry take_integer(Reader& in, std::size_t size) {
  return {integer_text(in, size), 1, size};
}

Entry take_listpack_entry(Reader& in, unsigned first) {
  if ((first & 0x80) == 0) return {std::to_string(first), 1, 0};
  if ((first & 0xc0) == 0x80) return take_text(in, 1, first & 63);
  if ((first & 0xe0) == 0xc0) {
    unsigned number = (first & 31) << 8 | in.byte();
    int value = number < 4096 ? static_cast<int>(number) : static_cast<int>(number) - 8192;
    return {std::to_string(value), 2, 0};
  }
  if ((first & 0xf0) == 0xe0) {
    std::uint64_t size = (first & 15) << 8;
    size |= in.byte();
    return take_text(in, 2, size);
  }
  switch (first) {
    case 0xf0: {
      std::uint64_t size = in.little_endian<std::uint32_t>();
      return take_text(in, 5, size);
    }
    case 0xf1: return take_integer(in, 2);
    case 0xf2: return take_integer(in, 3);
    case 0xf3: return take_integer(in, 4);
    case 0xf4: return take_integer(in, 8);
    default: in.fail(); return {};
  }
}

std::string take_ziplist_entry(Reader& in) {
  unsigned first = in.byte();
  switch (first >> 6) {
    case 0: return std::string(in.take(first & 63));
    case 1: {
      std::uint64_t size = (first & 63) << 8;
      size |= in.byte();
      return std::string(in.take(size));
    }
    case 2: {
      std::uint64_t size = 0;
      for (char c : in.take(4)) size = size << 8 | static_cast<unsigned char>(c);
      return std::string(in.take(size));
    }
    default: break;
  }
  switch (first) {
    case 0xc0: return integer_text(in, 2);
    case 0xd0: return integer_text(in, 4);
    case 0xe0: return integer_text(in, 8);
    case 0xf0: return integer_text(in, 3);
    case 0xfe: return integer_text(in, 1);
    default: break;
  }
  if (first < 0xf1 || first > 0xfd) in.fail();
  return std::to_string(static_cast<int>(first & 15) - 1);
}

std::uint64_t zipmap_length(Reader& in, unsigned first) {
  return first < 254 ? first : in.little_endian<std::uint32_t>();
}

void append_little_endian(std::string& out, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

// The length of an entry as it is read backwards: seven bits a byte, the top bit on all but the first.
void append_backward(std::string& out, std::size_t entry_size) {
  std::size_t size = backward_size(entry_size);
  for (std::size_t i = 0; i < size; ++i) {
    auto bits = static_cast<unsigned>(entry_size >> (7 * (size - 1 - i)) & 127);
    out.push_back(static_cast<char>(i == 0 ? bits : bits | 128));
  }
}

void append_listpack_entry(std::string& out, std::string_view text) {
  std::size_t begin = out.size();
  auto number = to_integer(text);
  if (number && *number >= 0 && *number < 128) {
    out.push_back(static_cast<char>(*number));
  } else if (number) {
    out.push_back(static_cast<char>(0xf4));
    append_little_endian(out, static_cast<std::uint64_t>(*number), 8);
  } else if (text.size() < 64) {
    out.push_back(static_cast<char>(0x80 | text.size()));
    out.append(text);
  } else if (text.size() < 4096) {
    out.push_back(static_cast<char>(0xe0 | text.size() >> 8));
    out.push_back(static_cast<char>(text.size() & 0xff));
    out.append(text);
  } else {
    out.push_back(static_cast<char>(0xf0));
    append_little_endian(out, text.size(), 4);
    out.append(text);
  }
  append_backward(out, out.size() - begin);
}

}  // namespace

std::optional<Elements> read_listpack(std::string_view bytes) {
  Reader in(bytes, 0);
  std::uint64_t size = in.little_endian<std::uint32_t>();
  std::uint64_t count = in.little_endian<std::uint16_t>();
  if (size != bytes.size()) return std::nullopt;
  Elements elements;
  for (unsigned first = in.byte(); first != end_mark; first = in.byte()) {
    Entry entry = take_listpack_entry(in, first);
    in.take(backward_size(entry.head + entry.body));
    if (!in.ok()) return std::nullopt;
    elements.push_back(std::move(entry.text));
  }
  constexpr std::uint64_t unknown = 0xffff;
  bool counted = count == unknown || count == elements.size();
  if (!in.ok() || !in.at_end() || !counted) return std::nullopt;
  return elements;
}

std::optional<Elements> read_ziplist(std::string_view bytes) {
  constexpr unsigned long_mark = 254;  // the length of the entry before takes four bytes more
  Reader in(bytes, 0);
  std::uint64_t size = in.little_endian<std::uint32_t>();
  in.take(4);  // where the last entry begins
  std::uint64_t count = in.little_endian<std::uint16_t>();
  if (size != bytes.size()) return std::nullopt;
  Elements elements;
  for (unsigned before = in.byte(); before != end_mark; before = in.byte()) {
    if (before == long_mark) in.take(4);
    elements.push_back(take_ziplist_entry(in));
    if (!in.ok()) return std::nullopt;
  }
  constexpr std::uint64_t unknown = 0xffff;
  bool counted = count == unknown || count == elements.size();
  if (!in.ok() || !in.at_end() || !counted) return std::nullopt;
  return elements;
}

std::optional<Elements> read_intset(std::string_view bytes) {
  Reader in(bytes, 0);
  std::uint64_t width = in.little_endian<std::uint32_t>();
  std::uint64_t count = in.little_endian<std::uint32_t>();
  bool known = width == 2 || width == 4 || width == 8;
  if (!in.ok() || !known || bytes.size() != 8 + width * count) return std::nullopt;
  Elements elements;
  for (std::uint64_t i = 0; i < count; ++i) elements.push_back(integer_text(in, width));
  return elements;
}

std::optional<Elements> read_zipmap(std::string_view bytes) {
  Reader in(bytes, 0);
  in.byte();  // how many there are, if they are few
  Elements elements;
  for (unsigned first = in.byte(); first != end_mark; first = in.byte()) {
    std::uint64_t name_size = zipmap_length(in, first);
    elements.emplace_back(in.take(name_size));
    std::uint64_t value_size = zipmap_length(in, in.byte());
    unsigned unused = in.byte();
    elements.emplace_back(in.take(value_size));
    in.take(unused);
    if (!in.ok()) return std::nullopt;
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return elements;
}

std::string write_listpack(const Elements& elements) {
  std::string body;
  for (const std::string& element : elements) append_listpack_entry(body, element);
  body.push_back(static_cast<char>(end_mark));
  std::string bytes;
  append_little_endian(bytes, body.size() + 6, 4);
  append_little_endian(bytes, elements.size() < 0xffff ? elements.size() : 0xffff, 2);
  return bytes + body;
}

}  // namespace millrace::store::rdb
