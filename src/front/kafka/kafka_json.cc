#include "front/kafka/kafka_json.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace millrace::front {
namespace {

bool is_space(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

}  // namespace

Result<KafkaBody> KafkaBody::parse(std::string_view body) {
  KafkaBody parsed;
  while (!body.empty() && is_space(body.front())) body.remove_prefix(1);
  if (body.empty()) return parsed;
  auto document = JsonDocument::parse(body);
  if (!document) {
    std::string repaired = without_trailing_commas(body);
    if (auto paired = replace_lone_surrogates(repaired)) repaired = std::move(*paired);
    if (auto again = JsonDocument::parse(repaired)) document = std::move(again);
  }
  if (!document) return Error{ErrorCode::invalid, "The body is malformed: " + document.error().message};
  parsed.document_ = std::move(*document);
  return parsed;
}

const JsonValue& KafkaBody::root() const {
  static const JsonValue nothing;
  return document_ ? document_->root() : nothing;
}

const JsonValue* present(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.is_object() ? object.find(name) : nullptr;
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::int64_t> whole_number(const JsonValue& value) {
  if (value.kind() == JsonValue::Kind::integer) return value.integer();
  constexpr double exact_max = 9007199254740992;  // 2^53
  if (value.kind() != JsonValue::Kind::number || std::abs(value.number()) > exact_max) return std::nullopt;
  if (std::trunc(value.number()) != value.number()) return std::nullopt;
  return static_cast<std::int64_t>(value.number());
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string without_trailing_commas(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  std::size_t comma = std::string::npos;  // in `out`: a comma, and nothing but space since
  char before = '\0';                     // the last sign before it that is no space
  char last = '\0';
  for (std::size_t i = 0; i < json.size(); ++i) {
    char letter = json[i];
    if (in_string) {
      if (letter == '\\' && i + 1 < json.size()) out += json[i++];
      if (letter == '"') in_string = false;
      out += json[i];
      continue;
    }
    if (letter == '"') in_string = true;
    bool closes = letter == ']' || letter == '}';
    if (closes && comma != std::string::npos && before != ',' && before != '[' && before != '{' && before != '\0') {
      out.erase(comma, 1);
    }
    if (!is_space(letter)) {
      comma = letter == ',' ? out.size() : std::string::npos;
      before = letter == ',' ? last : before;
      last = letter;
    }
    out += letter;
  }
  return out;
}

}  // namespace millrace::front
