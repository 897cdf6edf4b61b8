#include "graphql/schema/schema.h"

#include <algorithm>

namespace millrace::graphql {
namespace {

template <class Members>
auto* find_by_name(const Members& members, std::string_view name) {
  auto found = std::ranges::find(members, name, [](auto& member) { return member.name; });
  return found == members.end() ? nullptr : &*found;
}

// The member at the place the index gives, or null.
template <class Members>
auto* find_by_index(const Members& members, const NameIndex& index, std::string_view name) {
  const auto place = index.find(name);
  return place == NameIndex::none ? nullptr : &members[place];
}

}  // namespace

Value AppliedDirective::argument(std::string_view name) const {
  const auto* found = node->definition->argument(name);
  return found == nullptr ? Value{} : arguments[found->index];
}

SourcePosition AppliedDirective::position_of(std::string_view argument) const {
  const auto* written = node->find(argument);
  return {source, written == nullptr ? node->offset : written->value.offset};
}

const AppliedDirective* AppliedDirectives::find(std::string_view name) const {
  const auto found = std::ranges::find(all, name, [](auto& each) { return each.name(); });
  return found == all.end() ? nullptr : &*found;
}

std::string to_string(TypeRef type) {
  std::string text(type.lists, '[');
  text += type.named->name;
  for (auto level = type.lists;; --level) {
    if ((type.non_nulls >> level & 1) != 0) text += '!';
    if (level == 0) return text;
    text += ']';
  }
}

TypeRef wrapped_as(const ast::Type& node, const NamedType* named) {
  TypeRef type{named, 0, 0};
  for (const auto* level = &node; level->kind != ast::TypeNodeKind::named; level = level->of) {
    if (level->kind == ast::TypeNodeKind::list)
      ++type.lists;
    else
      type.non_nulls |= 1u << type.lists;
  }
  return type;
}

const InputValue* Field::argument(std::string_view argument) const {
  return find_by_name(arguments, argument);
}

bool TypeSet::contains(const NamedType& object) const {
  return object.kind == TypeKind::object && (words[object.object_index / 64] >> (object.object_index % 64) & 1) != 0;
}

const Field* NamedType::field(std::string_view field_name) const {
  return find_by_index(fields, field_index, field_name);
}

const InputValue* NamedType::input_field(std::string_view field_name) const {
  return find_by_index(input_fields, input_field_index, field_name);
}

const EnumValue* NamedType::enum_value(std::string_view value_name) const {
  return find_by_index(enum_values, enum_value_index, value_name);
}

bool NamedType::implements(const NamedType& interface) const {
  return std::ranges::find(interfaces, &interface) != interfaces.end();
}

bool Directive::allowed_at(DirectiveLocation location) const {
  return std::ranges::find(locations, location) != locations.end();
}

const InputValue* Directive::argument(std::string_view argument) const {
  return find_by_name(arguments, argument);
}

const NamedType* Schema::type(std::string_view name) const {
  const auto place = type_index_.find(name);
  return place == NameIndex::none ? nullptr : types_[place];
}

std::optional<TypeRef> Schema::resolve(const ast::Type& node) const {
  const auto* named = type(node.inner().text);
  if (named == nullptr) return std::nullopt;
  return wrapped_as(node, named);
}

const NamedType* Schema::root(ast::OperationKind operation) const {
  switch (operation) {
    case ast::OperationKind::query: return query_;
    case ast::OperationKind::mutation: return mutation_;
    case ast::OperationKind::subscription: return subscription_;
  }
  return nullptr;
}

const Directive* Schema::directive(std::string_view name) const {
  const auto place = directive_index_.find(name);
  return place == NameIndex::none ? nullptr : directives_[place];
}

const Directive* Schema::vocabulary_directive(std::string_view name) const {
  const auto found = std::ranges::find(vocabulary_directives_, name, &Directive::name);
  return found == vocabulary_directives_.end() ? nullptr : *found;
}

const Field* Schema::field(const NamedType& parent, std::string_view name) const {
  if (name.starts_with("__")) [[unlikely]] {
    if (name == typename_field_->name && parent.is_composite()) return typename_field_;
    if (&parent == query_ && name == schema_field_->name) return schema_field_;
    if (&parent == query_ && name == type_field_->name) return type_field_;
  }
  return parent.field(name);
}

bool is_subtype(TypeRef type, TypeRef super) {
  if (type == super) return true;
  if (super.is_non_null()) return type.is_non_null() && is_subtype(type.nullable(), super.nullable());
  if (type.is_non_null()) return is_subtype(type.nullable(), super);
  if (super.is_list()) return type.is_list() && is_subtype(type.item(), super.item());
  if (type.is_list()) return false;
  return type.named->implements(*super.named) ||
         std::ranges::find(super.named->members, type.named) != super.named->members.end();
}

Schema::Place Schema::place(SourcePosition position) const {
  auto& source = sources_[position.source];
  return {source.file, locate(source.document.text(), position.offset)};
}

std::string_view Schema::source_text(std::uint32_t source) const {
  return sources_[source].document.text();
}

}  // namespace millrace::graphql
