#include "graphql/validation/merge_check.h"

#include <algorithm>
#include <vector>

namespace millrace::graphql {
namespace {

bool is_meta(const Field& field) {
  return field.name.starts_with("__");
}

bool same_value(const ast::Value& one, const ast::Value& other);

bool same_fields_in_order(ast::List<ast::ObjectField> one, ast::List<ast::ObjectField> other) {
  for (std::uint32_t i = 0; i < one.size(); ++i)
    if (one[i].name.text != other[i].name.text || !same_value(one[i].value, other[i].value)) return false;
  return true;
}

std::vector<const ast::ObjectField*> by_name(ast::List<ast::ObjectField> fields) {
  std::vector<const ast::ObjectField*> sorted;
  for (auto& field : fields) sorted.push_back(&field);
  std::ranges::stable_sort(sorted, {}, [](auto* field) { return field->name.text; });
  return sorted;
}

bool same_fields(ast::List<ast::ObjectField> one, ast::List<ast::ObjectField> other) {
  if (one.size() != other.size()) return false;
  bool same_order = true;
  for (std::uint32_t i = 0; i < one.size(); ++i) same_order &= one[i].name.text == other[i].name.text;
  if (same_order) return same_fields_in_order(one, other);
  return std::ranges::equal(by_name(one), by_name(other), [](auto* left, auto* right) {
    return left->name.text == right->name.text && same_value(left->value, right->value);
  });
}

// Equal as graphql-js compares them: as written, but for the order of an object's fields.
bool same_value(const ast::Value& one, const ast::Value& other) {
  if (one.kind != other.kind) return false;
  switch (one.kind) {
    case ast::ValueKind::null: return true;
    case ast::ValueKind::boolean: return one.boolean == other.boolean;
    case ast::ValueKind::string: return one.text == other.text && one.block == other.block;
    case ast::ValueKind::variable:
    case ast::ValueKind::integer:
    case ast::ValueKind::floating:
    case ast::ValueKind::enumeration: return one.text == other.text;
    case ast::ValueKind::list: return std::ranges::equal(one.items, other.items, same_value);
    case ast::ValueKind::object: return same_fields(one.fields, other.fields);
  }
  return false;
}

bool same_arguments_in_order(ast::List<ast::Argument> one, ast::List<ast::Argument> other) {
  return std::ranges::equal(one, other, [](auto& left, auto& right) {
    return left.name.text == right.name.text && same_value(left.value, right.value);
  });
}

}  // namespace

bool same_shape(TypeRef one, TypeRef other) {
  if (one.lists != other.lists || one.non_nulls != other.non_nulls) return false;
  return one.named == other.named || (!one.named->is_leaf() && !other.named->is_leaf());
}

bool same_arguments(const ast::Field& one, const ast::Field& other) {
  if (one.arguments.size() != other.arguments.size()) return false;
  for (auto& argument : one.arguments) {
    const ast::Argument* same_name = nullptr;  // the last one, as in graphql-js
    for (auto& candidate : other.arguments)
      if (candidate.name.text == argument.name.text) same_name = &candidate;
    if (same_name == nullptr || !same_value(argument.value, same_name->value)) return false;
  }
  return true;
}

void MergeCheck::note(const ast::Field& field) {
  auto type = field.definition != nullptr && !is_meta(*field.definition) ? field.definition->type : TypeRef{};
  auto number = names_.intern(field.response_name().text);
  if (number == meanings_.size()) {
    meanings_.push_back({&field, type});
    return;
  }
  auto& meaning = meanings_[number];
  if (meaning.ambiguous) return;
  if (!meaning.type) meaning.type = type;
  meaning.ambiguous = field.name.text != meaning.field->name.text ||
                      !same_arguments_in_order(field.arguments, meaning.field->arguments) ||
                      (type && !same_shape(type, meaning.type));
  // With a name twice among its arguments a field is not even the same as itself.
  if (!meaning.ambiguous && !meaning.repeated && field.arguments.size() > 1)
    meaning.ambiguous = !same_arguments(field, field);
  meaning.repeated = true;
  has_ambiguous_ |= meaning.ambiguous;
}

}  // namespace millrace::graphql
