#include "graphql/execution/arguments.h"

#include <fmt/format.h>

#include "graphql/language/location.h"

namespace millrace::graphql {
namespace {

// Nothing when the argument cannot have the value it is given.
std::optional<Value> bind(const ArgumentPlan& plan, const InputValue& definition, const Bindings& bindings,
                          Arena& arena) {
  if (plan.kind == ArgumentPlan::Kind::constant) return plan.value;
  if (plan.kind == ArgumentPlan::Kind::literal) {
    BoundVariables variables(bindings.variables, bindings.values);
    return coerce_literal(*plan.literal, definition.type, arena, &variables);
  }
  auto value = bindings.values[plan.variable];
  if (value.is_absent()) value = definition.default_value;
  if (definition.type.is_non_null() && (value.is_null() || value.is_absent())) return std::nullopt;
  return value;
}

}  // namespace

std::optional<GraphqlError> bind_arguments(const PlanStep& step, const Bindings& bindings, Arena& arena,
                                           std::span<const Value>& arguments) {
  if (step.arguments_are_constant) {
    arguments = step.constant_arguments;
    return std::nullopt;
  }
  auto made = arena.make_array<Value>(step.arguments.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    auto& definition = step.field->arguments[i];
    auto value = bind(step.arguments[i], definition, bindings, arena);
    if (!value) {
      return GraphqlError{
          .message = fmt::format("The argument \"{}\" of type \"{}\" cannot have this value.", definition.name,
                                 to_string(definition.type)),
          .code = GraphqlErrorCode::bad_user_input,
          .locations = {locate(bindings.document, step.arguments[i].literal->offset)},
      };
    }
    made[i] = *value;
  }
  arguments = made;
  return std::nullopt;
}

}  // namespace millrace::graphql
