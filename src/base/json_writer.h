#pragma once

// Writing JSON straight into a buffer, without a tree in between. Confined to its user.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace millrace {

// Appends `text` (UTF-8) as a JSON string with its quotes. Bytes that are not valid UTF-8 pass as they are.
void append_json_string(std::string& out, std::string_view text);

// The same for bytes that may be anything: each sequence that is not valid UTF-8 becomes U+FFFD, as browsers read it.
void append_json_string_repaired(std::string& out, std::string_view bytes);

// Appends the shortest text that reads back as the same number, whole numbers without fraction, as JavaScript prints
// it (1e21 and beyond with an exponent). Not finite: null, as JSON has no word for it.
void append_json_number(std::string& out, double number);

// Appends the value as JSON text without spaces.
void append_json(std::string& out, const JsonValue& value);

// Puts commas and colons where they belong. The caller opens and closes in pairs.
//
//   JsonWriter json(body);
//   json.open_object().key("error").string(message).key("status").integer(404).close_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t number);
  JsonWriter& number(double number);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& value(const JsonValue& value);
  JsonWriter& raw(std::string_view json);  // a whole value, already JSON

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool first_ = true;
};

}  // namespace millrace
