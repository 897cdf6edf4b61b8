#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <simdjson.h>

namespace millrace {
namespace {

constexpr auto needs_escape = [] {
  std::array<bool, 256> table{};
  for (int byte = 0; byte < 0x20; ++byte) table[static_cast<std::size_t>(byte)] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void append_escape(std::string& out, char byte) {
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out += digits[static_cast<unsigned char>(byte) >> 4];
  out += digits[static_cast<unsigned char>(byte) & 15];
}

struct Digits {
  std::string digits{};  // without leading or trailing zeros
  int point = 0;         // where the decimal point stands, counted from the first digit
};

// The fewest digits that read back as `number` (not negative).
Digits shortest_digits(double number) {
  if (number == 0) return {"0", 1};
  std::array<char, 32> text;
  auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific).ptr;
  Digits shortest;
  const char* at = text.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') shortest.digits += *at;
  }
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, end, shortest.point);
  ++shortest.point;
  return shortest;
}

// How many bytes at the beginning of `text`, which is not empty, are one character. When they are none, the second says
// false, and the first how many bytes one U+FFFD stands for: as much as could have begun a character (Unicode 15,
// section 3.9, table 3-7).
std::pair<std::size_t, bool> take_character(std::string_view text) {
  auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0; };
  unsigned lead = static_cast<unsigned>(byte(0));
  if (lead < 0x80) return {1, true};
  if (lead < 0xc2 || lead > 0xf4) return {1, false};
  std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return {1, false};
  for (std::size_t at = 2; at < size; ++at) {
    if (byte(at) < 0x80 || byte(at) > 0xbf) return {at, false};
  }
  return {size, true};
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t clean = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!needs_escape[static_cast<unsigned char>(text[at])]) continue;
    out.append(text, clean, at - clean);
    append_escape(out, text[at]);
    clean = at + 1;
  }
  out.append(text, clean);
  out += '"';
}

void append_json_string_repaired(std::string& out, std::string_view bytes) {
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return append_json_string(out, bytes);
  std::string repaired;
  repaired.reserve(bytes.size() + bytes.size() / 2);
  while (!bytes.empty()) {
    auto [size, valid] = take_character(bytes);
    repaired += valid ? bytes.substr(0, size) : std::string_view("\xef\xbf\xbd");
    bytes.remove_prefix(size);
  }
  append_json_string(out, repaired);
}

void append_json_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  if (number < 0) out += '-';
  auto [digits, point] = shortest_digits(std::fabs(number));
  int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {  // ECMAScript, Number::toString
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    fmt::format_to(std::back_inserter(out), "e{:+}", point - 1);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".").append(digits, static_cast<std::size_t>(point));
  }
}

void append_json(std::string& out, const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::null: out += "null"; return;
    case JsonValue::Kind::boolean: out += value.boolean() ? "true" : "false"; return;
    case JsonValue::Kind::integer: JsonWriter(out).integer(value.integer()); return;
    case JsonValue::Kind::number: append_json_number(out, value.number()); return;
    case JsonValue::Kind::string: append_json_string(out, value.string()); return;
    case JsonValue::Kind::array: {
      JsonWriter json(out);
      json.open_array();
      for (const auto& item : value.items()) json.value(item);
      json.close_array();
      return;
    }
    case JsonValue::Kind::object: {
      JsonWriter json(out);
      json.open_object();
      for (const auto& member : value.members()) json.key(member.name).value(member.value);
      json.close_object();
      return;
    }
  }
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  separate();
  std::array<char, 24> digits;
  out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
  return *this;
}

JsonWriter& JsonWriter::number(double number) {
  separate();
  append_json_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(const JsonValue& value) {
  separate();
  append_json(out_, value);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

}  // namespace millrace
