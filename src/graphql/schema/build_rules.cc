#include <algorithm>
#include <fmt/format.h>

#include "graphql/schema/builder.h"

namespace millrace::graphql {
namespace {

std::uint32_t type_offset(const Field& field) {
  return field.node->type->offset;
}
std::uint32_t type_offset(const InputValue& value) {
  return value.node->type->offset;
}

}  // namespace

void SchemaBuilder::check_rules() {
  for (auto& declared : types_)
    if (is_user(declared->source)) check_type(*declared);
  for (auto& input : inputs_)
    if (is_user(input.value->position.source)) check_input(input);
  check_input_cycles();
}

void SchemaBuilder::check_name(std::string_view name, std::uint32_t source, std::uint32_t offset) {
  if (is_user(source) && name.starts_with("__"))
    report(source, offset, fmt::format("The name {} begins with \"__\", which is reserved.", quoted(name)));
}

void SchemaBuilder::check_type(const DeclaredType& declared) {
  check_not_empty(declared);
  switch (declared.type->kind) {
    case TypeKind::scalar: return;
    case TypeKind::object:
    case TypeKind::interface: check_fields(declared); return check_interfaces(declared);
    case TypeKind::union_of: return check_members(declared);
    case TypeKind::enumeration:
      for (auto& value : declared.enum_values) check_name(value.name, value.position.source, value.position.offset);
      return;
    case TypeKind::input_object:
      if (declared.type->one_of) check_one_of(declared);
  }
}

void SchemaBuilder::check_not_empty(const DeclaredType& declared) {
  const auto& type = *declared.type;
  bool written = type.kind == TypeKind::scalar;  // members whose types do not exist count as well
  declared.each_node([&](auto& node, std::uint32_t) {
    written |= !node.fields.empty() || !node.members.empty() || !node.enum_values.empty() || !node.input_fields.empty();
  });
  if (written) return;
  const auto what = type.kind == TypeKind::union_of ? "member" : type.kind == TypeKind::enumeration ? "value" : "field";
  report(declared.source, declared.node->offset,
         fmt::format("The type {} needs at least one {}.", quoted(type.name), what));
}

void SchemaBuilder::check_fields(const DeclaredType& declared) {
  for (auto& field : declared.fields) {
    check_name(field.name, field.position.source, field.node->offset);
    if (field.type && !field.type.named->is_output())
      report(field.position.source, type_offset(field),
             fmt::format("The field \"{}.{}\" cannot have the input type \"{}\".", declared.type->name, field.name,
                         to_string(field.type)));
  }
}

void SchemaBuilder::check_input(const DeclaredInput& input) {
  const auto& value = *input.value;
  const auto source = value.position.source;
  const bool is_field = input.location == DirectiveLocation::input_field_definition;
  const auto name = is_field ? fmt::format("\"{}.{}\"", input.owner, value.name)
                             : fmt::format("\"{}({}:)\"", input.owner, value.name);
  check_name(value.name, source, value.node->offset);
  if (value.type && !value.type.named->is_input())
    report(source, type_offset(value),
           fmt::format("{} cannot have the output type \"{}\".", name, to_string(value.type)));
  const auto* deprecated = value.directives.find("deprecated");
  if (deprecated != nullptr && value.type && value.type.is_non_null() && value.node->default_value == nullptr)
    report(source, deprecated->node->offset, fmt::format("{} is required, so it cannot be deprecated.", name), {},
           {{source, type_offset(value)}});
}

void SchemaBuilder::check_interfaces(const DeclaredType& declared) {
  const auto& type = *declared.type;
  declared.each_node([&](auto& node, std::uint32_t source) {
    for (auto& name : node.interfaces) {
      const auto known = types_by_name_.find(name.text);
      if (known == types_by_name_.end()) continue;
      const auto& interface = *known->second->type;
      if (interface.kind != TypeKind::interface) {
        report(source, name.offset,
               fmt::format("{} is no interface, so {} cannot implement it.", quoted(name.text), quoted(type.name)));
      } else if (&interface == &type) {
        report(source, name.offset, fmt::format("The interface {} cannot implement itself.", quoted(type.name)));
      } else {
        for (auto* inherited : interface.interfaces) {
          if (inherited == &type)
            report(source, name.offset,
                   fmt::format("{} and {} cannot implement each other.", quoted(type.name), quoted(name.text)));
          else if (inherited->kind == TypeKind::interface && !type.implements(*inherited))
            report(source, name.offset,
                   fmt::format("{} implements {}, so it must implement {} too.", quoted(type.name), quoted(name.text),
                               quoted(inherited->name)));
        }
      }
    }
  });
  for (auto* interface : type.interfaces)
    if (interface != &type && interface->kind == TypeKind::interface) check_implementation(declared, *interface);
}

void SchemaBuilder::check_implementation(const DeclaredType& declared, const NamedType& interface) {
  for (auto& promised : interface.fields) {
    if (const auto* field = declared.type->field(promised.name)) {
      check_field_of_interface(*field, promised);
    } else {
      report(declared.source, declared.node->offset,
             fmt::format("{} lacks the field \"{}.{}\" of its interface.", quoted(declared.type->name), interface.name,
                         promised.name),
             {}, {{promised.position.source, promised.node->offset}});
    }
  }
}

void SchemaBuilder::check_field_of_interface(const Field& field, const Field& promised) {
  const auto source = field.position.source;
  const auto owner = fmt::format("{}.{}", field.parent->name, field.name);
  const auto expected = fmt::format("{}.{}", promised.parent->name, promised.name);
  const auto there = [&](std::uint32_t offset) {
    return std::vector<SourcePosition>{{promised.position.source, offset}};
  };
  if (field.type && promised.type && !is_subtype(field.type, promised.type))
    report(source, type_offset(field),
           fmt::format("\"{}\" has the type \"{}\", but \"{}\" of its interface has \"{}\".", owner,
                       to_string(field.type), expected, to_string(promised.type)),
           {}, there(type_offset(promised)));
  for (auto& argument : promised.arguments) {
    const auto* own = field.argument(argument.name);
    if (own == nullptr)
      report(source, field.node->offset,
             fmt::format("\"{}\" lacks the argument \"{}\" of \"{}\".", owner, argument.name, expected), {},
             there(argument.node->offset));
    else if (own->type && argument.type && own->type != argument.type)
      report(source, type_offset(*own),
             fmt::format("The argument \"{}({}:)\" has the type \"{}\", but its interface has \"{}\".", owner,
                         argument.name, to_string(own->type), to_string(argument.type)),
             {}, there(type_offset(argument)));
  }
  for (auto& argument : field.arguments)
    if (promised.argument(argument.name) == nullptr && argument.type && argument.type.is_non_null() &&
        argument.node->default_value == nullptr)
      report(source, argument.node->offset,
             fmt::format("The argument \"{}({}:)\" is required, but \"{}\" of its interface lacks it.", owner,
                         argument.name, expected),
             {}, there(promised.node->offset));
  const auto* deprecated = field.directives.find("deprecated");
  if (deprecated != nullptr && !promised.deprecation_reason)
    report(source, deprecated->node->offset,
           fmt::format("\"{}\" is deprecated, but \"{}\" of its interface is not.", owner, expected), {},
           there(promised.node->offset));
}

void SchemaBuilder::check_members(const DeclaredType& declared) {
  declared.each_node([&](auto& node, std::uint32_t source) {
    for (auto& name : node.members) {
      const auto known = types_by_name_.find(name.text);
      if (known != types_by_name_.end() && known->second->type->kind != TypeKind::object)
        report(source, name.offset,
               fmt::format("{} is no object type, so it cannot be a member of the union {}.", quoted(name.text),
                           quoted(declared.type->name)));
    }
  });
}

void SchemaBuilder::check_one_of(const DeclaredType& declared) {
  for (auto& field : declared.input_fields) {
    if (field.type && field.type.is_non_null())
      report(field.position.source, type_offset(field),
             fmt::format("The field \"{}.{}\" of a @oneOf input must be nullable.", declared.type->name, field.name));
    if (field.node->default_value != nullptr)
      report(
          field.position.source, field.node->offset,
          fmt::format("The field \"{}.{}\" of a @oneOf input cannot have a default.", declared.type->name, field.name));
  }
}

void SchemaBuilder::check_input_cycles() {
  std::vector<const InputValue*> path;
  std::unordered_map<const NamedType*, std::size_t> on_path;
  for (auto& declared : types_)
    if (declared->type->kind == TypeKind::input_object) check_input_cycle(*declared->type, path, on_path);
}

void SchemaBuilder::check_input_cycle(const NamedType& type, std::vector<const InputValue*>& path,
                                      std::unordered_map<const NamedType*, std::size_t>& on_path) {
  if (!input_types_checked_.try_emplace(&type, true).second) return;
  on_path[&type] = path.size();
  for (auto& field : type.input_fields) {
    if (!field.type || field.type.is_list() || !field.type.is_non_null() ||
        field.type.named->kind != TypeKind::input_object)
      continue;
    path.push_back(&field);
    if (const auto begin = on_path.find(field.type.named); begin == on_path.end()) {
      check_input_cycle(*field.type.named, path, on_path);
    } else {
      const auto* first = path[begin->second];
      std::vector<SourcePosition> related;
      for (auto i = begin->second + 1; i < path.size(); ++i)
        related.push_back({path[i]->position.source, path[i]->node->offset});
      report(first->position.source, first->node->offset,
             fmt::format("The input {} contains itself through fields that are never null.",
                         quoted(field.type.named->name)),
             {}, std::move(related));
    }
    path.pop_back();
  }
  on_path.erase(&type);
}

}  // namespace millrace::graphql
