// Values of Correct Type, Input Object Field Names, Input Object Required Fields.

#include <algorithm>
#include <vector>

#include "graphql/language/printer.h"
#include "graphql/schema/coerce.h"
#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

// The value in messages, cut short: it can be as long as the document.
std::string shown(const ast::Value& node) {
  constexpr std::size_t length_max = 100;
  auto text = print(node);
  if (text.size() <= length_max) return text;
  auto end = length_max;
  while ((text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

void report_unexpected(Walk& walk, const ast::Value& node, TypeRef type) {
  walk.report().add({"Expected a value of type \"", to_string(type), "\", not ", shown(node), "."}, node.offset);
}

bool check_null(Walk& walk, const ast::Value& node, TypeRef type) {
  if (type.is_non_null()) report_unexpected(walk, node, type);
  return true;
}

// A value that is no list, object of an input object type, or null.
bool check_leaf(Walk& walk, const ast::Value& node, TypeRef type) {
  if (!type.named->is_leaf()) {
    report_unexpected(walk, node, type);
    return false;
  }
  auto value = coerce_leaf_literal(node, *type.named, walk.arena());
  if (value) return false;
  std::vector<std::string_view> known;
  if (node.kind == ast::ValueKind::enumeration && type.named->kind == TypeKind::enumeration)
    for (auto& option : type.named->enum_values) known.push_back(option.name);
  walk.report().add({value.error().message, walk.suggestion(node.text, known)}, node.offset);
  return false;
}

// A name is one field however often it is given; the last one counts.
void check_one_of(Walk& walk, const ast::Value& node, const NamedType& type) {
  bool one_name = !node.fields.empty();
  for (auto& field : node.fields) one_name &= field.name.text == node.fields.front().name.text;
  if (!one_name) {
    walk.report().add({"An object of type \"", type.name, "\" must have exactly one field."}, node.offset);
  } else if (node.fields.back().value.kind == ast::ValueKind::null) {
    walk.report().add({"Field \"", type.name, ".", node.fields.back().name.text, "\" cannot be null."}, node.offset);
  }
}

bool check_object(Walk& walk, const ast::Value& node, const NamedType& type) {
  for (auto& field : type.input_fields) {
    if (!field.is_required()) continue;
    if (std::ranges::any_of(node.fields, [&](auto& given) { return given.name.text == field.name; })) continue;
    walk.report().add(
        {"Field \"", type.name, ".", field.name, "\" of type \"", to_string(field.type), "\" is missing."},
        node.offset);
  }
  if (type.one_of) check_one_of(walk, node, type);
  return true;
}

bool enter_value(Walk& walk, const ast::Value& node, const InputPosition& position) {
  auto& type = position.type;
  if (node.kind == ast::ValueKind::null) return check_null(walk, node, type);
  if (node.kind == ast::ValueKind::list && type.is_list()) return true;
  if (!type) return false;
  if (node.kind == ast::ValueKind::object && type.named->kind == TypeKind::input_object)
    return check_object(walk, node, *type.named);
  return check_leaf(walk, node, node.kind == ast::ValueKind::list ? type.nullable() : type);
}

void enter_object_field(Walk& walk, const ObjectSite& object, const ast::ObjectField& field) {
  if (!object.checked || object.type == nullptr || field.definition != nullptr) return;
  walk.report().add({"Type \"", object.type->name, "\" has no field \"", field.name.text, "\".",
                     walk.suggestion_among(field.name.text, object.type->input_fields)},
                    field.name.offset);
}

}  // namespace

extern const Rule values_of_correct_type{
    .name = "Values of Correct Type",
    .reference_name = "ValuesOfCorrectType",
    .enter_value = enter_value,
    .enter_object_field = enter_object_field,
};

}  // namespace millrace::graphql
