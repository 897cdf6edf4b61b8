#include "graphql/language/printer.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace millrace::graphql {

using namespace ast;

namespace {

// A field whose arguments make it longer than this has them on lines of their own.
constexpr std::size_t line_length_max = 80;

// The length JavaScript gives a string.
std::size_t utf16_length(std::string_view text) {
  std::size_t length = 0;
  for (unsigned char c : text) length += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
  return length;
}

bool is_white(char c) {
  return c == ' ' || c == '\t';
}

// Lines of `text`, at LF, CR or CRLF.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    const auto end = text.find_first_of("\r\n");
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
}

std::string escape_triple_quotes(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i, 3) == "\"\"\"") {
      escaped += "\\\"\"\"";
      i += 3;
    } else {
      escaped += text[i++];
    }
  }
  return escaped;
}

std::string_view keyword(TypeKind kind) {
  switch (kind) {
    case TypeKind::scalar: return "scalar";
    case TypeKind::object: return "type";
    case TypeKind::interface: return "interface";
    case TypeKind::union_of: return "union";
    case TypeKind::enumeration: return "enum";
    case TypeKind::input_object: return "input";
  }
  return "type";
}

class Printer {
 public:
  std::string take() { return std::move(out_); }

  void document(const Document& document) {
    bool first = true;
    for (auto* each : document.definitions()) {
      if (!first) out_ += "\n\n";
      first = false;
      definition(*each);
    }
  }

  void definition(const Definition& definition) {
    description(definition.description);
    switch (definition.kind) {
      case DefinitionKind::operation: return operation(static_cast<const OperationDefinition&>(definition));
      case DefinitionKind::fragment: return fragment(static_cast<const FragmentDefinition&>(definition));
      case DefinitionKind::schema: return schema(static_cast<const SchemaDefinition&>(definition));
      case DefinitionKind::type: return type_definition(static_cast<const TypeDefinition&>(definition));
      case DefinitionKind::directive: return directive_definition(static_cast<const DirectiveDefinition&>(definition));
    }
  }

  void value(const ast::Value& value) {
    switch (value.kind) {
      case ValueKind::variable: out_ += '$'; [[fallthrough]];
      case ValueKind::integer:
      case ValueKind::floating:
      case ValueKind::enumeration: out_ += value.text; return;
      case ValueKind::null: out_ += "null"; return;
      case ValueKind::boolean: out_ += value.boolean ? "true" : "false"; return;
      case ValueKind::string: return string(value);
      case ValueKind::list:
        out_ += '[';
        joined(value.items, ", ", [&](auto& item) { this->value(item); });
        out_ += ']';
        return;
      case ValueKind::object:
        out_ += '{';
        joined(value.fields, ", ", [&](auto& field) { named_value(field.name, field.value); });
        out_ += '}';
    }
  }

  void type(const Type& type) {
    switch (type.kind) {
      case TypeNodeKind::named: out_ += type.name; return;
      case TypeNodeKind::list:
        out_ += '[';
        this->type(*type.of);
        out_ += ']';
        return;
      case TypeNodeKind::non_null: this->type(*type.of); out_ += '!';
    }
  }

  void directive(const ast::Directive& directive) {
    out_ += '@';
    out_ += directive.name.text;
    if (directive.arguments.empty()) return;
    out_ += '(';
    joined(directive.arguments, ", ", [&](auto& argument) { named_value(argument.name, argument.value); });
    out_ += ')';
  }

  void selection_set(const SelectionSet& set) {
    if (set.selections.empty()) {
      out_ += "{ }";
      return;
    }
    block(set.selections, [&](auto* each) { selection(*each); });
  }

 private:
  void newline() {
    out_ += '\n';
    out_.append(indent_, ' ');
  }

  // Text that may have line ends, which are indented like everything else.
  void write_lines(std::string_view text) {
    for (char c : text) {
      if (c == '\n')
        newline();
      else
        out_ += c;
    }
  }

  template <class Items, class Each>
  void joined(const Items& items, std::string_view separator, Each each) {
    bool first = true;
    for (auto& item : items) {
      if (!first) out_ += separator;
      first = false;
      each(item);
    }
  }

  // `{`, an item a line, `}`.
  template <class Items, class Each>
  void block(const Items& items, Each each) {
    out_ += '{';
    indented_lines(items, each);
    out_ += '}';
  }

  template <class Items, class Each>
  void indented_lines(const Items& items, Each each) {
    indent_ += 2;
    for (auto& item : items) {
      newline();
      each(item);
    }
    indent_ -= 2;
    newline();
  }

  // What `each` writes, without indentation.
  template <class Items, class Each>
  static std::vector<std::string> rendered(const Items& items, Each each) {
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (auto& item : items) {
      Printer printer;
      each(printer, item);
      texts.push_back(printer.take());
    }
    return texts;
  }

  static bool any_has_lines(const std::vector<std::string>& texts) {
    return std::ranges::any_of(texts, [](auto& text) { return text.find('\n') != text.npos; });
  }

  void string(const ast::Value& value) {
    std::string text;
    if (!value.block) return append_string_literal(out_, value.text);
    append_block_string(text, value.text);
    write_lines(text);
  }

  void description(const ast::Value* text) {
    if (text == nullptr) return;
    string(*text);
    newline();
  }

  void named_value(const Name& name, const ast::Value& value) {
    out_ += name.text;
    out_ += ": ";
    this->value(value);
  }

  void directives(const List<ast::Directive>& directives) {
    for (auto& each : directives) {
      out_ += ' ';
      directive(each);
    }
  }

  void operation(const OperationDefinition& operation) {
    const bool bare = operation.operation == OperationKind::query && operation.description == nullptr &&
                      !operation.name && operation.variables.empty() && operation.directives.empty();
    if (!bare) {
      out_ += to_string(operation.operation);
      if (operation.name || !operation.variables.empty()) out_ += ' ';
      out_ += operation.name.text;
      variables(operation.variables);
      directives(operation.directives);
      out_ += ' ';
    }
    selection_set(operation.selection_set);
  }

  void variables(const List<VariableDefinition>& variables) {
    if (variables.empty()) return;
    const auto texts = rendered(variables, [](Printer& printer, auto& each) { printer.variable(each); });
    const bool lines = any_has_lines(texts);
    out_ += lines ? "(\n" : "(";
    joined(texts, lines ? "\n" : ", ", [&](auto& text) { out_ += text; });
    out_ += lines ? "\n)" : ")";
  }

  void variable(const VariableDefinition& variable) {
    description(variable.description);
    out_ += '$';
    out_ += variable.name.text;
    out_ += ": ";
    typed(*variable.type, variable.default_value, variable.directives);
  }

  // type = default @directives
  void typed(const Type& type, const ast::Value* default_value, const List<ast::Directive>& directives) {
    this->type(type);
    if (default_value != nullptr) {
      out_ += " = ";
      value(*default_value);
    }
    this->directives(directives);
  }

  void fragment(const FragmentDefinition& fragment) {
    out_ += "fragment ";
    out_ += fragment.name.text;
    out_ += " on ";
    out_ += fragment.type_condition.text;
    directives(fragment.directives);
    out_ += ' ';
    selection_set(fragment.selection_set);
  }

  void selection(const Selection& selection) {
    switch (selection.kind) {
      case SelectionKind::field: return field(static_cast<const ast::Field&>(selection));
      case SelectionKind::fragment_spread:
        out_ += "...";
        out_ += static_cast<const FragmentSpread&>(selection).name.text;
        return directives(selection.directives);
      case SelectionKind::inline_fragment: return inline_fragment(static_cast<const InlineFragment&>(selection));
    }
  }

  void inline_fragment(const InlineFragment& fragment) {
    out_ += "...";
    if (fragment.type_condition) {
      out_ += " on ";
      out_ += fragment.type_condition.text;
    }
    directives(fragment.directives);
    out_ += ' ';
    selection_set(fragment.selection_set);
  }

  void field(const ast::Field& field) {
    const auto start = out_.size();
    if (field.alias) {
      out_ += field.alias.text;
      out_ += ": ";
    }
    out_ += field.name.text;
    if (!field.arguments.empty()) field_arguments(field.arguments, out_.size() - start);
    directives(field.directives);
    if (field.selection_set.present) {
      out_ += ' ';
      selection_set(field.selection_set);
    }
  }

  void field_arguments(const List<Argument>& arguments, std::size_t prefix_length) {
    const auto texts =
        rendered(arguments, [](Printer& printer, auto& each) { printer.named_value(each.name, each.value); });
    std::size_t length = prefix_length + 2 + 2 * (texts.size() - 1);
    for (auto& text : texts) length += utf16_length(text);
    out_ += '(';
    if (length > line_length_max) {
      indented_lines(texts, [&](auto& text) { write_lines(text); });
    } else {
      joined(texts, ", ", [&](auto& text) { write_lines(text); });
    }
    out_ += ')';
  }

  void schema(const SchemaDefinition& schema) {
    out_ += schema.extension ? "extend schema" : "schema";
    directives(schema.directives);
    if (schema.operation_types.empty()) return;
    out_ += ' ';
    block(schema.operation_types, [&](auto& type) {
      out_ += to_string(type.operation);
      out_ += ": ";
      out_ += type.type.text;
    });
  }

  void type_definition(const TypeDefinition& type) {
    if (type.extension) out_ += "extend ";
    out_ += keyword(type.type_kind);
    out_ += ' ';
    out_ += type.name.text;
    names(" implements ", type.interfaces, " & ");
    directives(type.directives);
    names(" = ", type.members, " | ");
    members(type.fields, [&](auto& field) { field_definition(field); });
    members(type.enum_values, [&](auto& each) { enum_value(each); });
    members(type.input_fields, [&](auto& field) { input_value(field); });
  }

  void names(std::string_view before, const List<Name>& names, std::string_view separator) {
    if (names.empty()) return;
    out_ += before;
    joined(names, separator, [&](auto& name) { out_ += name.text; });
  }

  template <class Items, class Each>
  void members(const Items& items, Each each) {
    if (items.empty()) return;
    out_ += ' ';
    block(items, each);
  }

  void field_definition(const FieldDefinition& field) {
    description(field.description);
    out_ += field.name.text;
    argument_definitions(field.arguments);
    out_ += ": ";
    typed(*field.type, nullptr, field.directives);
  }

  void argument_definitions(const List<InputValueDefinition>& arguments) {
    if (arguments.empty()) return;
    const auto texts = rendered(arguments, [](Printer& printer, auto& each) { printer.input_value(each); });
    out_ += '(';
    if (any_has_lines(texts)) {
      indented_lines(texts, [&](auto& text) { write_lines(text); });
    } else {
      joined(texts, ", ", [&](auto& text) { out_ += text; });
    }
    out_ += ')';
  }

  void input_value(const InputValueDefinition& input) {
    description(input.description);
    out_ += input.name.text;
    out_ += ": ";
    typed(*input.type, input.default_value, input.directives);
  }

  void enum_value(const EnumValueDefinition& value) {
    description(value.description);
    out_ += value.name.text;
    directives(value.directives);
  }

  void directive_definition(const DirectiveDefinition& directive) {
    out_ += "directive @";
    out_ += directive.name.text;
    argument_definitions(directive.arguments);
    if (directive.repeatable) out_ += " repeatable";
    names(" on ", directive.locations, " | ");
  }

  std::string out_{};
  std::size_t indent_ = 0;
};

template <class Print>
std::string printed(Print print) {
  Printer printer;
  print(printer);
  return printer.take();
}

}  // namespace

std::string print(const Document& document) {
  return printed([&](Printer& printer) { printer.document(document); });
}
std::string print(const Definition& definition) {
  return printed([&](Printer& printer) { printer.definition(definition); });
}
std::string print(const ast::Value& value) {
  return printed([&](Printer& printer) { printer.value(value); });
}
std::string print(const Type& type) {
  return printed([&](Printer& printer) { printer.type(type); });
}
std::string print(const ast::Directive& directive) {
  return printed([&](Printer& printer) { printer.directive(directive); });
}
std::string print(const SelectionSet& set) {
  return printed([&](Printer& printer) { printer.selection_set(set); });
}

void append_string_literal(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too: C2 80 to C2 9F.
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (c < 0x20 || c == 0x7F) {
          out += fmt::format("\\u{:04X}", c);
        } else if (c1) {
          out += fmt::format("\\u{:04X}", static_cast<unsigned char>(text[++i]));
        } else {
          out += text[i];
        }
    }
  }
  out += '"';
}

void append_block_string(std::string& out, std::string_view text) {
  const auto escaped = escape_triple_quotes(text);
  const auto lines = lines_of(escaped);
  const bool single = lines.size() == 1;
  const bool leading_line_needed = !single && std::all_of(lines.begin() + 1, lines.end(),
                                                          [](auto line) { return line.empty() || is_white(line[0]); });
  const bool ends_in_triple_quotes = std::string_view(escaped).ends_with("\\\"\"\"");
  const bool trailing_line_needed = (text.ends_with('"') && !ends_in_triple_quotes) || text.ends_with('\\');
  const bool on_lines = !single || utf16_length(text) > 70 || trailing_line_needed || ends_in_triple_quotes;
  const bool no_leading_line = single && !text.empty() && is_white(text[0]);
  out += "\"\"\"";
  if ((on_lines && !no_leading_line) || leading_line_needed) out += '\n';
  out += escaped;
  if (on_lines) out += '\n';
  out += "\"\"\"";
}

}  // namespace millrace::graphql
