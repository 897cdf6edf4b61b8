#pragma once

// An operation made ready to run: fields merged (GraphQL specification, September 2025, section 6.3.2), fragments
// dissolved per concrete type, constant arguments coerced, response keys written out. A plan holds for one choice of
// the variables that @skip and @include use, since these decide even the order of the fields.
//
// Immutable once compiled. It points into its document and schema, which must outlive it.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "graphql/language/arena.h"
#include "graphql/language/ast.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

struct SelectionPlan;

// How one argument gets its value.
struct ArgumentPlan {
  enum class Kind : std::uint8_t { constant, variable, literal };

  Kind kind = Kind::constant;
  std::uint32_t variable = 0;           // variable: its number in the operation
  Value value{};                        // constant; absent where there is neither value nor default
  const ast::Value* literal = nullptr;  // as written: literal has variables inside
};

// A leaf outside lists whose usual results are written without further questions.
enum class PlainLeaf : std::uint8_t { none, text, boolean };

// Who answers a field.
enum class StepKind : std::uint8_t { resolver, type_name, introspection };

// One field of the response, for the objects of one concrete type.
struct PlanStep {
  const Field* field = nullptr;
  std::string_view response_key{};
  std::string_view key_json{};  // `{"id":` for the first of a selection, `,"text":` for the others
  StepKind kind = StepKind::resolver;
  std::uint8_t introspection = 0;  // which introspection field (introspection.cc)
  bool leaf = true;
  PlainLeaf plain = PlainLeaf::none;
  bool arguments_are_constant = true;
  bool page_is_variable = false;                // a page size among the arguments comes from a variable
  std::span<const ast::Field* const> nodes{};   // every occurrence, in order
  std::span<const ArgumentPlan> arguments{};    // in the order of the field's definition
  std::span<const Value> constant_arguments{};  // when all are constant
  std::span<const std::uint32_t> page_sizes{};  // which arguments say how many items are wanted
  // What is selected below, by concrete type. A field of an object type has `only`, of an abstract type `by_type`, by
  // NamedType::object_index, null where the type cannot occur.
  const SelectionPlan* only = nullptr;
  std::span<const SelectionPlan* const> by_type{};

  // The fields wanted of objects of this type; null when it cannot occur here or this is a leaf.
  const SelectionPlan* selection(const NamedType& object) const {
    if (only != nullptr) return only;
    return object.object_index < by_type.size() ? by_type[object.object_index] : nullptr;
  }
};

// What an object of one concrete type shows, in response order. Equal selections are one, so a plan is no larger than
// its document whatever its fragments multiply to.
struct SelectionPlan {
  // A @skip or @include that got null (through a variable with a default), so that nothing can be selected.
  struct Failure {
    std::string_view message{};
    std::uint32_t offset = 0;
  };

  const NamedType* type = nullptr;
  std::uint32_t number = 0;  // in its plan
  std::span<const PlanStep> steps{};
  const Failure* failure = nullptr;

  bool selects(const Field& field) const {
    for (auto& step : steps)
      if (step.field == &field) return true;
    return false;
  }
};

// The values of the variables that @skip and @include use, one of '0', '1' and 'n' (null) each: the key of a plan.
using Inclusions = std::string;

struct OperationPlan {
  const ast::OperationDefinition* operation = nullptr;
  const SelectionPlan* root = nullptr;
  std::span<const SelectionPlan* const> selections{};  // by number, every one after those below it
  bool introspection_only = false;                     // nothing at the root asks the resolver
  bool pages_are_constant = true;                      // no page size comes from a variable
  bool has_page_sizes = false;
  std::unique_ptr<Arena> arena{};
};

}  // namespace millrace::graphql
