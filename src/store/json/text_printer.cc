#include <array>
#include <charconv>

#include "base/json_writer.h"
#include "store/json/text.h"

namespace millrace::store::json {
namespace {

class Printer {
 public:
  Printer(std::string& out, const Layout& layout) : out_(out), layout_(layout) {}

  void value(const Value& value, int depth) {
    switch (value.type()) {
      case Type::null: out_ += "null"; return;
      case Type::boolean: out_ += *value.boolean() ? "true" : "false"; return;
      case Type::integer: integer(value); return;
      case Type::number: print_number(out_, value.number()); return;
      case Type::string: append_json_string(out_, *value.string()); return;
      case Type::array: array(*value.array(), depth); return;
      case Type::object: object(*value.object(), depth); return;
    }
  }

  void item(const Value& item, bool first, int depth) {
    if (!first) out_ += ',';
    print_line(out_, layout_, depth + 1);
    value(item, depth + 1);
  }

 private:
  void integer(const Value& value) {
    std::array<char, 24> digits;
    auto end = value.integer()
                   ? std::to_chars(digits.data(), digits.data() + digits.size(), *value.integer()).ptr
                   : std::to_chars(digits.data(), digits.data() + digits.size(), *value.large_integer()).ptr;
    out_.append(digits.data(), end);
  }

  void array(const Array& items, int depth) {
    out_ += '[';
    for (const Value& item : items) this->item(item, &item == items.data(), depth);
    if (!items.empty()) print_line(out_, layout_, depth);
    out_ += ']';
  }

  void object(const Object& members, int depth) {
    out_ += '{';
    bool first = true;
    for (const Member& member : members) {
      if (!first) out_ += ',';
      first = false;
      print_line(out_, layout_, depth + 1);
      append_json_string(out_, member.name);
      out_ += ':';
      out_ += layout_.space;
      value(member.value, depth + 1);
    }
    if (!first) print_line(out_, layout_, depth);
    out_ += '}';
  }

  std::string& out_;
  const Layout& layout_;
};

}  // namespace

void print(std::string& out, const Value& value, const Layout& layout, int depth) {
  Printer(out, layout).value(value, depth);
}

std::string print(const Value& value) {
  std::string out;
  print(out, value);
  return out;
}

void print_array(std::string& out, std::span<const Value* const> items, const Layout& layout, int depth) {
  Printer printer(out, layout);
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) printer.item(*items[i], i == 0, depth);
  if (!items.empty()) print_line(out, layout, depth);
  out += ']';
}

void print_line(std::string& out, const Layout& layout, int depth) {
  out += layout.newline;
  if (layout.indent.empty()) return;
  for (int i = 0; i < depth; ++i) out += layout.indent;
}

// The shortest digits that read back as the same number; from 1e16 and below 1e-5 with an exponent.
void print_number(std::string& out, double number) {
  std::array<char, 32> text;
  auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific).ptr;
  std::string_view shown(text.data(), static_cast<std::size_t>(end - text.data()));
  std::size_t letter = shown.find('e');
  if (letter == std::string_view::npos) {  // not finite, which JSON has no word for
    out += "null";
    return;
  }
  int exponent = 0;
  std::from_chars(shown.data() + letter + (shown[letter + 1] == '+' ? 2 : 1), end, exponent);
  std::string digits;
  for (char byte : shown.substr(0, letter)) {
    if (byte >= '0' && byte <= '9') digits += byte;
  }
  if (shown[0] == '-') out += '-';
  int count = static_cast<int>(digits.size());
  if (number == 0) {
    out += "0.0";
  } else if (exponent >= 16 || exponent < -5) {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    out.append("e").append(std::to_string(exponent));
  } else if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  } else if (exponent >= count - 1) {
    out.append(digits).append(static_cast<std::size_t>(exponent - count + 1), '0').append(".0");
  } else {
    auto point = static_cast<std::size_t>(exponent + 1);
    out.append(digits, 0, point).append(".").append(digits, point);
  }
}

}  // namespace millrace::store::json
