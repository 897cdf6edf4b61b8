#include "base/json_writer.h"
#include "graphql/language/printer.h"
#include "graphql/schema/coerce.h"

namespace millrace::graphql {
namespace {

// Whether an ID may be written without quotes.
bool is_integer_text(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text[0] == '0' && text.size() > 1)) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// `type` is empty inside custom scalars, whose values say by themselves how they are written.
class LiteralWriter {
 public:
  explicit LiteralWriter(std::string& out) : out_(out) {}

  void write(const Value& value, TypeRef type) {
    switch (value.kind()) {
      case Value::Kind::absent:
      case Value::Kind::null: out_ += "null"; return;
      case Value::Kind::boolean: out_ += value.as_boolean() ? "true" : "false"; return;
      case Value::Kind::integer: out_ += std::to_string(value.as_integer()); return;
      case Value::Kind::floating: return append_json_number(out_, value.as_floating());
      case Value::Kind::enumeration: out_ += value.as_string(); return;
      case Value::Kind::string: return string(value.as_string(), type);
      case Value::Kind::list: return list(value.items(), type);
      case Value::Kind::object: return object(value.entries(), type);
    }
  }

 private:
  void string(std::string_view text, TypeRef type) {
    if (type && type.named->built_in == BuiltInScalar::id && is_integer_text(text))
      out_ += text;
    else
      append_string_literal(out_, text);
  }

  void list(std::span<const Value> items, TypeRef type) {
    const auto plain = type ? type.nullable() : type;
    out_ += '[';
    for (bool first = true; auto& item : items) {
      if (!first) out_ += ", ";
      first = false;
      write(item, type && plain.is_list() ? plain.item() : TypeRef{});
    }
    out_ += ']';
  }

  void object(std::span<const ObjectEntry> entries, TypeRef type) {
    out_ += '{';
    for (bool first = true; auto& entry : entries) {
      if (!first) out_ += ", ";
      first = false;
      const auto* field = type ? type.named->input_field(entry.name) : nullptr;
      out_ += entry.name;
      out_ += ": ";
      write(entry.value, field != nullptr ? field->type : TypeRef{});
    }
    out_ += '}';
  }

  std::string& out_;
};

}  // namespace

std::string literal_text(const Value& value, TypeRef type) {
  std::string text;
  LiteralWriter(text).write(value, type);
  return text;
}

}  // namespace millrace::graphql
