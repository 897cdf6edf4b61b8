#include "graphql/schema/coordinate.h"

#include <fmt/format.h>

namespace millrace::graphql {
namespace {

// Coordinates have no white space and no tokens but names and these marks, so they are read character by character.
class CoordinateParser {
 public:
  explicit CoordinateParser(std::string_view text) : text_(text) {}

  ParseResult<SchemaCoordinate> parse() {
    SchemaCoordinate coordinate;
    coordinate.directive = take('@');
    coordinate.name = name();
    if (!coordinate.directive && take('.')) coordinate.member = name();
    if ((coordinate.directive || !coordinate.member.empty()) && take('(')) {
      coordinate.argument = name();
      expect(':');
      expect(')');
    }
    if (at_ < text_.size()) fail("Unexpected character.");
    if (!error_.message.empty()) return error_;
    return coordinate;
  }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

  bool take(char c) {
    const bool here = at_ < text_.size() && text_[at_] == c;
    at_ += here;
    return here;
  }

  void expect(char c) {
    if (!take(c)) fail(fmt::format("Expected \"{}\".", c));
  }

  std::string name() {
    const auto from = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || (at_ > from && text_[at_] >= '0' && text_[at_] <= '9')))
      ++at_;
    if (at_ == from) fail("Expected a name.");
    return std::string(text_.substr(from, at_ - from));
  }

  void fail(std::string message) {
    if (error_.message.empty()) error_ = {std::move(message), static_cast<std::uint32_t>(at_)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  SyntaxError error_{};
};

}  // namespace

ParseResult<SchemaCoordinate> parse_coordinate(std::string_view text) {
  return CoordinateParser(text).parse();
}

std::string to_string(const SchemaCoordinate& coordinate) {
  std::string text = coordinate.directive ? "@" : "";
  text += coordinate.name;
  if (!coordinate.member.empty()) text += "." + coordinate.member;
  if (!coordinate.argument.empty()) text += "(" + coordinate.argument + ":)";
  return text;
}

std::string coordinate_of(const Field& field) {
  return fmt::format("{}.{}", field.parent->name, field.name);
}

CoordinateTarget resolve(const Schema& schema, const SchemaCoordinate& coordinate) {
  CoordinateTarget target;
  if (coordinate.directive) {
    target.directive = schema.directive(coordinate.name);
    if (target.directive == nullptr || coordinate.argument.empty()) return target;
    target.input_value = target.directive->argument(coordinate.argument);
    return target.input_value != nullptr ? target : CoordinateTarget{};
  }
  target.type = schema.type(coordinate.name);
  if (target.type == nullptr || coordinate.member.empty()) return target;
  target.field = target.type->field(coordinate.member);
  if (coordinate.argument.empty()) {
    target.input_value = target.type->input_field(coordinate.member);
    target.enum_value = target.type->enum_value(coordinate.member);
    const bool found = target.field != nullptr || target.input_value != nullptr || target.enum_value != nullptr;
    return found ? target : CoordinateTarget{};
  }
  if (target.field != nullptr) target.input_value = target.field->argument(coordinate.argument);
  return target.input_value != nullptr ? target : CoordinateTarget{};
}

}  // namespace millrace::graphql
