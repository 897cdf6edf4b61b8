#include <algorithm>
#include <fmt/format.h>
#include <type_traits>

#include "graphql/schema/builder.h"
#include "graphql/schema/built_in.h"
#include "graphql/schema/suggestion.h"

namespace millrace::graphql {

std::string quoted(std::string_view name) {
  return fmt::format("\"{}\"", name);
}

// A file sees its own types before those of the vocabulary; the vocabulary sees its own first, so that a file may use
// their names for something else.
SchemaBuilder::DeclaredType* SchemaBuilder::lookup(std::string_view name, std::uint32_t source) {
  const auto own = types_by_name_.find(name);
  const auto hidden = vocabulary_by_name_.find(name);
  if (source == vocabulary_source && hidden != vocabulary_by_name_.end()) return hidden->second;
  if (own != types_by_name_.end() && name != meta_fields_type) return own->second;
  if (hidden != vocabulary_by_name_.end() && hidden->second->type->kind == TypeKind::scalar) return hidden->second;
  return nullptr;
}

NamedType* SchemaBuilder::resolve_name(const ast::Name& name, std::uint32_t source) {
  if (auto* declared = lookup(name.text, source)) {
    declared->used |= source != vocabulary_source;
    return declared->type;
  }
  std::vector<std::string_view> known;
  for (auto& declared : types_)
    if (!declared->type->introspection && declared->source != vocabulary_source) known.push_back(declared->type->name);
  for (auto& [hidden, declared] : vocabulary_by_name_)
    if (declared->type->kind == TypeKind::scalar) known.push_back(hidden);
  report(source, name.offset, fmt::format("There is no type {}.", quoted(name.text)), did_you_mean(name.text, known));
  return nullptr;
}

TypeRef SchemaBuilder::resolve_type(const ast::Type& node, std::uint32_t source) {
  return wrapped_as(node, resolve_name(node.inner(), source));
}

template <class Member>
NameIndex SchemaBuilder::index_of(std::span<Member> members, const std::string& owner, std::string_view what) {
  auto names = schema_->arena_.make_array<std::string_view>(members.size());
  std::ranges::transform(members, names.begin(), &Member::name);
  const auto index = NameIndex::build(names, schema_->arena_);
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    const auto first = index.find(names[i]);
    if (first == i) continue;
    report(members[i].position.source, members[i].position.offset,
           fmt::format("\"{}\" has more than one {} \"{}\".", owner, what, names[i]), {}, {members[first].position});
  }
  return index;
}

void SchemaBuilder::fill_types() {
  for (auto& declared : types_) fill_type(*declared);
}

void SchemaBuilder::fill_type(DeclaredType& declared) {
  switch (declared.type->kind) {
    case TypeKind::scalar: return;
    case TypeKind::object:
    case TypeKind::interface: fill_interfaces(declared); return fill_fields(declared);
    case TypeKind::union_of: return fill_members(declared);
    case TypeKind::enumeration: return fill_enum_values(declared);
    case TypeKind::input_object: return fill_input_fields(declared);
  }
}

void SchemaBuilder::fill_fields(DeclaredType& declared) {
  std::size_t count = 0;
  declared.each_node([&](auto& node, std::uint32_t) { count += node.fields.size(); });
  declared.fields = schema_->arena_.make_array<Field>(count);
  std::uint32_t next = 0;
  declared.each_node([&](auto& node, std::uint32_t source) {
    for (auto& field : node.fields) {
      declared.fields[next].index = next;
      fill_field(declared, declared.fields[next++], field, source);
    }
  });
  declared.type->fields = declared.fields;
  declared.type->field_index = index_of(declared.fields, std::string(declared.type->name), "field");
}

void SchemaBuilder::fill_field(DeclaredType& declared, Field& field, const ast::FieldDefinition& node,
                               std::uint32_t source) {
  field.name = node.name.text;
  field.parent = declared.type;
  field.position = {source, node.name.offset};
  field.node = &node;
  if (node.description != nullptr) field.description = node.description->text;
  field.type = resolve_type(*node.type, source);
  if (!node.arguments.empty())
    field.arguments = fill_arguments(node.arguments, source, fmt::format("{}.{}", declared.type->name, field.name));
}

std::span<InputValue> SchemaBuilder::fill_arguments(std::span<const ast::InputValueDefinition> nodes,
                                                    std::uint32_t source, const std::string& owner) {
  auto arguments = schema_->arena_.make_array<InputValue>(nodes.size());
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    arguments[i].index = i;
    fill_input(arguments[i], nodes[i], source, DirectiveLocation::argument_definition, owner);
  }
  index_of(arguments, owner, "argument");
  return arguments;
}

void SchemaBuilder::fill_input(InputValue& value, const ast::InputValueDefinition& node, std::uint32_t source,
                               DirectiveLocation location, const std::string& owner) {
  value.name = node.name.text;
  value.position = {source, node.name.offset};
  value.node = &node;
  if (node.description != nullptr) value.description = node.description->text;
  value.type = resolve_type(*node.type, source);
  inputs_.push_back({&value, location, owner});
}

void SchemaBuilder::fill_input_fields(DeclaredType& declared) {
  std::size_t count = 0;
  declared.each_node([&](auto& node, std::uint32_t) { count += node.input_fields.size(); });
  declared.input_fields = schema_->arena_.make_array<InputValue>(count);
  const std::string owner(declared.type->name);
  std::uint32_t next = 0;
  declared.each_node([&](auto& node, std::uint32_t source) {
    for (auto& field : node.input_fields) {
      declared.input_fields[next].index = next;
      fill_input(declared.input_fields[next++], field, source, DirectiveLocation::input_field_definition, owner);
    }
  });
  declared.type->input_fields = declared.input_fields;
  declared.type->input_field_index = index_of(declared.input_fields, owner, "field");
}

void SchemaBuilder::fill_enum_values(DeclaredType& declared) {
  std::size_t count = 0;
  declared.each_node([&](auto& node, std::uint32_t) { count += node.enum_values.size(); });
  declared.enum_values = schema_->arena_.make_array<EnumValue>(count);
  std::uint32_t next = 0;
  declared.each_node([&](auto& node, std::uint32_t source) {
    for (auto& written : node.enum_values) {
      auto& value = declared.enum_values[next];
      value.name = written.name.text;
      value.index = next++;
      value.position = {source, written.name.offset};
      if (written.description != nullptr) value.description = written.description->text;
    }
  });
  declared.type->enum_values = declared.enum_values;
  declared.type->enum_value_index = index_of(declared.enum_values, std::string(declared.type->name), "value");
}

namespace {

// Resolves a list of names to types, each once.
template <class Resolve, class Repeated>
std::vector<const NamedType*> distinct(Resolve resolve, Repeated repeated, std::span<const ast::Name> names,
                                       std::vector<const NamedType*> found) {
  for (auto& name : names) {
    const auto* type = resolve(name);
    if (type == nullptr) continue;
    if (std::ranges::find(found, type) != found.end())
      repeated(name);
    else
      found.push_back(type);
  }
  return found;
}

}  // namespace

void SchemaBuilder::fill_interfaces(DeclaredType& declared) {
  std::vector<const NamedType*> interfaces;
  declared.each_node([&](auto& node, std::uint32_t source) {
    interfaces = distinct(
        [&](auto& name) { return resolve_name(name, source); },
        [&](auto& name) {
          report(source, name.offset,
                 fmt::format("{} implements {} more than once.", quoted(declared.type->name), quoted(name.text)));
        },
        node.interfaces, std::move(interfaces));
  });
  declared.type->interfaces = schema_->arena_.copy_array(std::span<const NamedType* const>(interfaces));
}

void SchemaBuilder::fill_members(DeclaredType& declared) {
  std::vector<const NamedType*> members;
  declared.each_node([&](auto& node, std::uint32_t source) {
    members = distinct([&](auto& name) { return resolve_name(name, source); },
                       [&](auto& name) {
                         report(source, name.offset,
                                fmt::format("The union {} has the member {} more than once.",
                                            quoted(declared.type->name), quoted(name.text)));
                       },
                       node.members, std::move(members));
  });
  declared.type->members = schema_->arena_.copy_array(std::span<const NamedType* const>(members));
}

void SchemaBuilder::fill_directives() {
  for (auto& declared : directives_) {
    auto& directive = *declared.directive;
    directive.arguments = fill_arguments(declared.node->arguments, declared.source, fmt::format("@{}", directive.name));
    auto locations = schema_->arena_.make_array<DirectiveLocation>(declared.node->locations.size());
    std::ranges::transform(declared.node->locations, locations.begin(),
                           [](auto& name) { return *ast::directive_location(name.text); });
    directive.locations = locations;
  }
}

}  // namespace millrace::graphql
