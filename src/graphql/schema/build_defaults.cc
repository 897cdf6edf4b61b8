#include <fmt/format.h>

#include "graphql/schema/builder.h"
#include "graphql/schema/coerce.h"

namespace millrace::graphql {

void SchemaBuilder::coerce_defaults() {
  for (auto& input : inputs_) coerce_default(*input.value);
}

bool SchemaBuilder::check_value(const ast::Value& literal, TypeRef type, std::uint32_t source) {
  const auto faults_before = faults_.size();
  std::vector<LiteralProblem> problems;
  check_literal(literal, type, problems);
  for (auto& problem : problems)
    report(source, problem.offset, std::move(problem.message), std::move(problem.suggestion));
  check_fields_unique(literal, source);
  return faults_.size() == faults_before;
}

void SchemaBuilder::check_fields_unique(const ast::Value& literal, std::uint32_t source) {
  for (auto& item : literal.items) check_fields_unique(item, source);
  for (std::uint32_t i = 0; i < literal.fields.size(); ++i) {
    const auto& name = literal.fields[i].name;
    for (std::uint32_t j = 0; j < i; ++j) {
      if (literal.fields[j].name.text != name.text) continue;
      report(source, name.offset, fmt::format("The field {} is given more than once.", quoted(name.text)), {},
             {{source, literal.fields[j].name.offset}});
      break;
    }
    check_fields_unique(literal.fields[i].value, source);
  }
}

// A default may contain objects that leave fields out, so it needs their defaults first.
void SchemaBuilder::coerce_default(InputValue& value) {
  if (value.node->default_value == nullptr || !value.type || !value.type.named->is_input()) return;
  auto& state = default_states_[&value];
  if (state != DefaultState::pending) return;
  state = DefaultState::running;
  const auto& literal = *value.node->default_value;
  const auto faults_before = faults_.size();
  require_defaults(literal, value.type, value);
  default_states_[&value] = DefaultState::done;

  if (!check_value(literal, value.type, value.position.source) || faults_.size() != faults_before) return;
  if (const auto coerced = coerce_literal(literal, value.type, schema_->arena_)) {
    value.default_value = *coerced;
    value.default_text = schema_->arena_.copy(literal_text(*coerced, value.type));
  }
}

void SchemaBuilder::require_defaults(const ast::Value& literal, TypeRef type, const InputValue& asking) {
  if (literal.kind == ast::ValueKind::list) {
    const auto plain = type.nullable();
    for (auto& item : literal.items) require_defaults(item, plain.is_list() ? plain.item() : plain, asking);
    return;
  }
  if (literal.kind != ast::ValueKind::object || type.named->kind != TypeKind::input_object) return;
  for (auto& field : type.named->input_fields) {
    const ast::Value* written = nullptr;
    for (auto& candidate : literal.fields)
      if (candidate.name.text == field.name) written = &candidate.value;
    if (!field.type) continue;
    if (written != nullptr) {
      require_defaults(*written, field.type, asking);
    } else if (const auto state = default_states_.find(&field);
               state != default_states_.end() && state->second == DefaultState::running) {
      report(asking.position.source, asking.node->default_value->offset,
             fmt::format("The default of \"{}\" contains itself through the field \"{}.{}\".", asking.name,
                         type.named->name, field.name),
             {}, {field.position});
    } else {
      coerce_default(const_cast<InputValue&>(field));  // the builder made it, and only hands it out as const
    }
  }
}

}  // namespace millrace::graphql
