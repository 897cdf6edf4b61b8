#include "graphql/schema/print.h"

#include <algorithm>

#include "graphql/language/printer.h"
#include "graphql/schema/built_in.h"

namespace millrace::graphql {
namespace {

// Whether `text` keeps its value as a block string.
bool fits_block_string(std::string_view text) {
  bool line_empty = true, indented = false, all_indented = true, line_seen = false;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      if (line_empty && !line_seen) return false;
      line_seen = line_empty = true;
      indented = false;
    } else if (c == ' ' || c == '\t') {
      indented |= line_empty;
    } else if (byte <= 0x0F) {
      return false;
    } else {
      all_indented &= indented;
      line_empty = false;
    }
  }
  return text.empty() || (!line_empty && !(all_indented && line_seen));
}

class SchemaPrinter {
 public:
  std::string take() { return std::move(out_); }

  void schema(const Schema& schema) {
    definition(schema);
    for (auto* each : schema.directives())
      if (!each->built_in) separated([&] { directive(*each); });
    for (auto* each : schema.types())
      if (!each->introspection && each->built_in == BuiltInScalar::none) separated([&] { type(*each); });
  }

  void type(const NamedType& type) {
    description(type.description, "", true);
    switch (type.kind) {
      case TypeKind::scalar: return scalar(type);
      case TypeKind::object: return composite("type ", type);
      case TypeKind::interface: return composite("interface ", type);
      case TypeKind::union_of: return union_of(type);
      case TypeKind::enumeration: return enumeration(type);
      case TypeKind::input_object: return input(type);
    }
  }

 private:
  template <class Print>
  void separated(Print print) {
    if (!out_.empty()) out_ += "\n\n";
    print();
  }

  void definition(const Schema& schema) {
    const auto has_name = [](const NamedType* type, std::string_view name) {
      return type == nullptr || type->name == name;
    };
    const bool usual = has_name(&schema.query(), "Query") && has_name(schema.mutation(), "Mutation") &&
                       has_name(schema.subscription(), "Subscription");
    if (usual && !schema.description()) return;
    description(schema.description(), "", true);
    out_ += "schema {\n";
    root("query", &schema.query());
    root("mutation", schema.mutation());
    root("subscription", schema.subscription());
    out_ += "}";
  }

  void root(std::string_view operation, const NamedType* type) {
    if (type != nullptr) out_.append("  ").append(operation).append(": ").append(type->name).append("\n");
  }

  void description(std::optional<std::string_view> text, std::string_view indent, bool first) {
    if (!text) return;
    if (!indent.empty() && !first) out_ += '\n';
    out_ += indent;
    std::string literal;
    if (fits_block_string(*text))
      append_block_string(literal, *text);
    else
      append_string_literal(literal, *text);
    for (char c : literal) {
      out_ += c;
      if (c == '\n') out_ += indent;
    }
    out_ += '\n';
  }

  void deprecated(std::optional<std::string_view> reason) {
    if (!reason) return;
    out_ += " @deprecated";
    if (*reason == default_deprecation_reason) return;
    out_ += "(reason: ";
    append_string_literal(out_, *reason);
    out_ += ')';
  }

  void scalar(const NamedType& type) {
    out_.append("scalar ").append(type.name);
    if (!type.specified_by_url) return;
    out_ += " @specifiedBy(url: ";
    append_string_literal(out_, *type.specified_by_url);
    out_ += ')';
  }

  void names(std::string_view before, std::string_view separator, std::span<const NamedType* const> types) {
    for (bool first = true; auto* type : types) {
      out_.append(first ? before : separator).append(type->name);
      first = false;
    }
  }

  // ` {`, each member on its line with its description above, `}`.
  template <class Members, class Each>
  void block(const Members& members, Each each) {
    if (members.empty()) return;
    out_ += " {\n";
    for (bool first = true; auto& member : members) {
      description(member.description, "  ", first);
      out_ += "  ";
      each(member);
      out_ += '\n';
      first = false;
    }
    out_ += '}';
  }

  void composite(std::string_view keyword, const NamedType& type) {
    out_.append(keyword).append(type.name);
    names(" implements ", " & ", type.interfaces);
    block(type.fields, [&](const Field& field) {
      out_ += field.name;
      arguments(field.arguments, "  ");
      out_.append(": ").append(to_string(field.type));
      deprecated(field.deprecation_reason);
    });
  }

  void union_of(const NamedType& type) {
    out_.append("union ").append(type.name);
    names(" = ", " | ", type.members);
  }

  void enumeration(const NamedType& type) {
    out_.append("enum ").append(type.name);
    block(type.enum_values, [&](const EnumValue& value) {
      out_ += value.name;
      deprecated(value.deprecation_reason);
    });
  }

  void input(const NamedType& type) {
    out_.append("input ").append(type.name);
    if (type.one_of) out_ += " @oneOf";
    block(type.input_fields, [&](const InputValue& field) { input_value(field); });
  }

  void arguments(std::span<const InputValue> arguments, std::string_view indent) {
    if (arguments.empty()) return;
    const bool plain =
        std::ranges::all_of(arguments, [](auto& each) { return !each.description || each.description->empty(); });
    out_ += plain ? "(" : "(\n";
    const auto inner = std::string("  ").append(indent);
    for (bool first = true; auto& argument : arguments) {
      if (!first) out_ += plain ? ", " : "\n";
      if (!plain) {
        description(argument.description, inner, first);
        out_ += inner;
      }
      input_value(argument);
      first = false;
    }
    if (!plain) out_.append("\n").append(indent);
    out_ += ')';
  }

  void input_value(const InputValue& value) {
    out_.append(value.name).append(": ").append(to_string(value.type));
    if (value.has_default()) out_.append(" = ").append(value.default_text);
    deprecated(value.deprecation_reason);
  }

  void directive(const Directive& directive) {
    description(directive.description, "", true);
    out_.append("directive @").append(directive.name);
    arguments(directive.arguments, "");
    if (directive.repeatable) out_ += " repeatable";
    for (bool first = true; auto location : directive.locations) {
      out_.append(first ? " on " : " | ").append(to_string(location));
      first = false;
    }
  }

  std::string out_{};
};

}  // namespace

std::string print_schema(const Schema& schema) {
  SchemaPrinter printer;
  printer.schema(schema);
  return printer.take();
}

std::string print_type(const NamedType& type) {
  SchemaPrinter printer;
  printer.type(type);
  return printer.take();
}

}  // namespace millrace::graphql
