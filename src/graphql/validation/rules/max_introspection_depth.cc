// A limit rather than a rule: below __schema and __type, no third list of types, fields or input fields may be nested
// in two others. The types of a schema lead to each other, so each such level multiplies the response.

#include <algorithm>
#include <utility>
#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

constexpr std::uint32_t lists_max = 3;  // from which on it is refused

bool is_list(std::string_view name) {
  return name == "fields" || name == "interfaces" || name == "possibleTypes" || name == "inputFields";
}

std::uint32_t deeper(std::uint32_t depth, const ast::Field& field) {
  return std::min(depth + is_list(field.name.text), lists_max);
}

std::uint32_t number_of(const Walk& walk, ast::Selection& spread) {
  return walk.fragment_number(ast::as_fragment_spread(&spread)->name.text);
}

// How deep lists are nested in each fragment, over all paths through other fragments: a cycle through a list is
// endlessly deep. Depths only grow, and only to lists_max, so that this is linear.
class FragmentDepths {
 public:
  explicit FragmentDepths(const Walk& walk)
      : walk_(walk), depths_(walk.fragment_count()), users_(depths_.size()), grown_(depths_.size()) {
    for (std::uint32_t i = 0; i < depths_.size(); ++i) {
      scan(walk.fragment_definition(i).selection_set, 0, i);
      grown_[i] = i;
    }
    while (!grown_.empty()) {
      auto number = grown_.back();
      grown_.pop_back();
      for (auto& [user, above] : users_[number])
        if (raise(user, above + depths_[number])) grown_.push_back(user);
    }
  }

  std::vector<std::uint32_t> take() { return std::move(depths_); }

 private:
  // Where a fragment is spread, and how many lists are around the spread there.
  struct User {
    std::uint32_t fragment = 0;
    std::uint32_t above = 0;
  };

  bool raise(std::uint32_t fragment, std::uint32_t depth) {
    depth = std::min(depth, lists_max);
    if (depth <= depths_[fragment]) return false;
    depths_[fragment] = depth;
    return true;
  }

  void scan(const ast::SelectionSet& set, std::uint32_t depth, std::uint32_t fragment) {
    for (auto* selection : set) {
      if (auto* field = ast::as_field(selection)) {
        raise(fragment, deeper(depth, *field));
        scan(field->selection_set, deeper(depth, *field), fragment);
      } else if (auto* inline_fragment = ast::as_inline_fragment(selection)) {
        scan(inline_fragment->selection_set, depth, fragment);
      } else if (auto number = number_of(walk_, *selection); number != NameTable::none) {
        users_[number].push_back({fragment, depth});
      }
    }
  }

  const Walk& walk_;
  std::vector<std::uint32_t> depths_;     // by fragment
  std::vector<std::vector<User>> users_;  // by fragment
  std::vector<std::uint32_t> grown_;      // fragments whose users are to be looked at
};

std::uint32_t depth_of(const Walk& walk, const ast::SelectionSet& set, std::uint32_t depth) {
  auto deepest = depth;
  for (auto* selection : set) {
    if (deepest >= lists_max) break;
    if (auto* field = ast::as_field(selection))
      deepest = std::max(deepest, depth_of(walk, field->selection_set, deeper(depth, *field)));
    else if (auto* fragment = ast::as_inline_fragment(selection))
      deepest = std::max(deepest, depth_of(walk, fragment->selection_set, depth));
    else if (auto number = number_of(walk, *selection); number != NameTable::none)
      deepest = std::max(deepest, depth + walk.introspection_depth.fragments[number]);
  }
  return deepest;
}

// What is below an introspection field is checked with it: inside, it cannot be deeper.
void enter_field(Walk& walk, ast::Field& node) {
  if (node.name.text != "__schema" && node.name.text != "__type") return;
  auto& state = walk.introspection_depth;
  if (state.inside != nullptr) return;
  state.inside = &node;
  if (state.fragments.size() != walk.fragment_count()) state.fragments = FragmentDepths(walk).take();
  if (depth_of(walk, node.selection_set, 0) < lists_max) return;
  walk.report().add({"Introspection is nested too deep below \"", node.name.text, "\"."},
                    std::span<const std::uint32_t>(&node.offset, 1), GraphqlErrorCode::limit_exceeded);
}

void leave_field(Walk& walk, ast::Field& node) {
  if (walk.introspection_depth.inside == &node) walk.introspection_depth.inside = nullptr;
}

}  // namespace

extern const Rule max_introspection_depth{
    .name = "Introspection depth",
    .reference_name = "MaxIntrospectionDepth",
    .enter_field = enter_field,
    .leave_field = leave_field,
};

}  // namespace millrace::graphql
