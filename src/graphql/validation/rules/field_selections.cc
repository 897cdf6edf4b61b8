#include <algorithm>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

// The interfaces and objects among the possible types of `type` that have the field, those that serve most of them
// first.
std::vector<std::string_view> types_with_field(const NamedType& type, std::string_view field) {
  struct Candidate {
    const NamedType* type = nullptr;
    std::uint32_t uses = 0;
  };
  std::vector<Candidate> candidates;
  auto count = [&](const NamedType* candidate) {
    auto known = std::ranges::find(candidates, candidate, &Candidate::type);
    if (known == candidates.end()) known = candidates.insert(known, {candidate, 0});
    ++known->uses;
  };
  for (auto* possible : type.possible_types) {
    if (possible->field(field) == nullptr) continue;
    count(possible);
    for (auto* interface : possible->interfaces)
      if (interface->field(field) != nullptr) count(interface);
  }
  std::ranges::stable_sort(candidates, [](auto& one, auto& other) {
    if (one.uses != other.uses) return one.uses > other.uses;
    return one.type->kind == TypeKind::interface && other.type->kind == TypeKind::object;
  });
  std::vector<std::string_view> names;
  for (auto& candidate : candidates) names.push_back(candidate.type->name);
  if (names.size() > 5) names.resize(5);
  return names;
}

std::string inline_fragment_hint(Walk& walk, const NamedType& type, std::string_view field) {
  if (!walk.options().suggestions || !type.is_abstract()) return {};
  std::string hint;
  for (auto name : types_with_field(type, field)) {
    hint += hint.empty() ? " Select it in a fragment on \"" : "\" or \"";
    hint += name;
  }
  return hint.empty() ? hint : hint + "\".";
}

void enter_field(Walk& walk, ast::Field& node) {
  auto* parent = walk.parent_type();
  if (parent == nullptr || node.definition != nullptr) return;
  auto hint = inline_fragment_hint(walk, *parent, node.name.text);
  if (hint.empty()) hint = walk.suggestion_among(node.name.text, parent->fields);
  walk.report().add({"Type \"", parent->name, "\" has no field \"", node.name.text, "\".", hint}, node.offset);
}

}  // namespace

extern const Rule field_selections{
    .name = "Field Selections",
    .reference_name = "FieldsOnCorrectType",
    .enter_field = enter_field,
};

}  // namespace millrace::graphql
