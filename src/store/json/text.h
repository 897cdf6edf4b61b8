#pragma once

// JSON text to a tree and back, as RedisJSON reads and writes it (RFC 8259, and its numbers: a number written with a
// fraction or an exponent prints with one again, so 1.0 stays 1.0; integers are exact up to 2^64 - 1).
//
// Text from outside never does harm: bytes that are not UTF-8, lone surrogates, anything behind the value, and nesting
// beyond depth_max are refused with a message that tells the line and the column. Of repeated names the last wins.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/json/value.h"

namespace millrace::store::json {

Result<Value> parse(std::string_view text);  // `invalid`; the message is worded for the client, without "ERR"

// What is put between the parts of printed JSON; all empty: compact.
struct Layout {
  std::string_view indent{};
  std::string_view newline{};
  std::string_view space{};  // behind the colon

  bool is_compact() const { return indent.empty() && newline.empty() && space.empty(); }
};

// Appends `value` as text. `depth` is how deep it stands in what is printed around it, for the indent.
void print(std::string& out, const Value& value, const Layout& layout = {}, int depth = 0);
std::string print(const Value& value);

// The same for an array of values that stand elsewhere.
void print_array(std::string& out, std::span<const Value* const> items, const Layout& layout = {}, int depth = 0);

// What stands between two parts of printed JSON, `depth` arrays and objects deep.
void print_line(std::string& out, const Layout& layout, int depth);

void print_number(std::string& out, double number);

}  // namespace millrace::store::json
