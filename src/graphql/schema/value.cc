#include "graphql/schema/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace millrace::graphql {

Value Value::get(std::string_view name) const {
  if (kind_ != Kind::object) return {};
  for (auto& entry : entries())
    if (entry.name == name) return entry.value;
  return {};
}

bool Value::operator==(const Value& other) const {
  const auto is_number = [](const Value& value) {
    return value.kind_ == Kind::integer || value.kind_ == Kind::floating;
  };
  if (kind_ != other.kind_) return is_number(*this) && is_number(other) && as_number() == other.as_number();
  switch (kind_) {
    case Kind::absent:
    case Kind::null: return true;
    case Kind::boolean: return data_.boolean == other.data_.boolean;
    case Kind::integer: return data_.integer == other.data_.integer;
    case Kind::floating: return data_.floating == other.data_.floating;
    case Kind::string:
    case Kind::enumeration: return as_string() == other.as_string();
    case Kind::list: return std::ranges::equal(items(), other.items());
    case Kind::object:
      return size_ == other.size_ && std::ranges::all_of(entries(), [&](const ObjectEntry& entry) {
               const auto theirs = other.get(entry.name);
               return !theirs.is_absent() && theirs == entry.value;
             });
  }
  return false;
}

Value copy(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Value::Kind::string: return Value::string(arena.copy(value.as_string()));
    case Value::Kind::enumeration: return Value::enumeration(arena.copy(value.as_string()));
    case Value::Kind::list: {
      auto items = arena.make_array<Value>(value.items().size());
      std::ranges::transform(value.items(), items.begin(), [&](const Value& item) { return copy(item, arena); });
      return Value::list(items);
    }
    case Value::Kind::object: {
      auto entries = arena.make_array<ObjectEntry>(value.entries().size());
      std::ranges::transform(value.entries(), entries.begin(), [&](const ObjectEntry& entry) {
        return ObjectEntry{arena.copy(entry.name), copy(entry.value, arena)};
      });
      return Value::object(entries);
    }
    default: return value;
  }
}

// JavaScript's Number::toString (ECMAScript, section 6.1.6.1.20): the shortest digits, as an exponent outside of
// 1e-7 to 1e21.
void append_number(std::string& out, double number) {
  if (number == 0) {
    out += '0';
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, std::abs(number), std::chars_format::scientific).ptr;
  const std::string_view written(text, end);
  const auto mark = written.find('e');
  int exponent = 0;
  const char* exponent_text = text + mark + 1 + (text[mark + 1] == '+');
  std::from_chars(exponent_text, end, exponent);
  std::string digits(written.substr(0, 1));
  if (mark > 2) digits += written.substr(2, mark - 2);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // where the decimal point stands in the digits

  if (number < 0) out += '-';
  if (point > 21 || point < -5) {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    out += fmt::format("e{:+}", exponent);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".").append(digits, static_cast<std::size_t>(point));
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  out += '"';
}

namespace {

void append_json_list(std::string& out, std::span<const Value> items) {
  out += '[';
  for (bool first = true; auto& item : items) {
    if (!first) out += ',';
    first = false;
    append_json(out, item);
  }
  out += ']';
}

void append_json_object(std::string& out, std::span<const ObjectEntry> entries) {
  out += '{';
  for (bool first = true; auto& entry : entries) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, entry.name);
    out += ':';
    append_json(out, entry.value);
  }
  out += '}';
}

}  // namespace

void append_json(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::absent:
    case Value::Kind::null: out += "null"; return;
    case Value::Kind::boolean: out += value.as_boolean() ? "true" : "false"; return;
    case Value::Kind::integer: out += std::to_string(value.as_integer()); return;
    case Value::Kind::floating: return append_number(out, value.as_floating());
    case Value::Kind::string:
    case Value::Kind::enumeration: return append_json_string(out, value.as_string());
    case Value::Kind::list: return append_json_list(out, value.items());
    case Value::Kind::object: return append_json_object(out, value.entries());
  }
}

}  // namespace millrace::graphql
