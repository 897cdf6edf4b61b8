#pragma once

// JSON appended to a buffer with as few checks as possible, and cut back again where null takes the place of what was
// begun. Confined to its user.

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace millrace::graphql {

class JsonOutput {
 public:
  // `bytes` is a guess at how much will be written.
  explicit JsonOutput(std::size_t bytes = 0) : buffer_(bytes + slack, '\0') { set_bounds(0); }

  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  void truncate(std::size_t size) { at_ = begin_ + size; }

  void byte(char value) {
    reserve(1);
    *at_++ = value;
  }
  void raw(std::string_view json) {
    reserve(json.size() + 16);
    copy(json);
  }
  // Text without quotes, backslashes and control characters.
  void clean_string(std::string_view text) {
    reserve(text.size() + 16 + 2);
    *at_++ = '"';
    copy(text);
    *at_++ = '"';
  }
  void string(std::string_view text);
  void integer(std::int64_t value) {
    reserve(24);
    at_ = std::to_chars(at_, end_, value).ptr;
  }
  // Finite. As JavaScript writes it.
  void number(double value);
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void null() {
    reserve(4);
    std::memcpy(at_, "null", 4);
    at_ += 4;
  }

  // What was written; nothing may be written any more.
  std::string finish() {
    buffer_.resize(size());
    return std::move(buffer_);
  }

 private:
  static constexpr std::size_t slack = 512;

  void reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
      grow(bytes);
  }
  void grow(std::size_t bytes);
  void set_bounds(std::size_t size) {
    begin_ = buffer_.data();
    end_ = begin_ + buffer_.size();
    at_ = begin_ + size;
  }
  // Needs 16 bytes more than it copies: short texts are two moves instead of a call.
  void copy(std::string_view text) {
    if (text.size() <= 16) {
      copy_short(text.data(), text.size());
    } else {
      std::memcpy(at_, text.data(), text.size());
    }
    at_ += text.size();
  }
  void copy_short(const char* from, std::size_t size) {
    if (size >= 8) {
      std::memcpy(at_, from, 8);
      std::memcpy(at_ + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
      std::memcpy(at_, from, 4);
      std::memcpy(at_ + size - 4, from + size - 4, 4);
    } else {
      for (std::size_t i = 0; i < size; ++i) at_[i] = from[i];
    }
  }
  void escaped(std::string_view text);

  std::string buffer_;
  char* begin_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

// Whether one of eight bytes must be escaped in a JSON string: a quote, a backslash or below 0x20.
inline bool has_escape(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t tops = 0x8080808080808080u;
  auto has_zero = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes; };
  auto below_space = (word - ones * 0x20) & ~word;
  return ((has_zero(word ^ (ones * '"')) | has_zero(word ^ (ones * '\\')) | below_space) & tops) != 0;
}

inline void JsonOutput::string(std::string_view text) {
  reserve(text.size() + 18);
  *at_++ = '"';
  const char* from = text.data();
  std::size_t left = text.size();
  char* to = at_;
  for (; left >= 8; from += 8, to += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, from, 8);
    if (has_escape(word)) [[unlikely]]
      break;
    std::memcpy(to, &word, 8);
  }
  for (; left > 0; --left) {
    auto byte = static_cast<unsigned char>(*from);
    if (byte < 0x20 || byte == '"' || byte == '\\') [[unlikely]]
      break;
    *to++ = *from++;
  }
  at_ = to;
  if (left > 0) [[unlikely]]
    escaped({from, left});
  *at_++ = '"';
}

}  // namespace millrace::graphql
