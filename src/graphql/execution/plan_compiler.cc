#include "graphql/execution/plan_compiler.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "graphql/execution/field_collection.h"
#include "graphql/execution/introspection.h"
#include "graphql/schema/coordinate.h"

namespace millrace::graphql {
namespace {

// Selections looked at per step that a plan may have: collecting repeats for each concrete type.
constexpr std::uint64_t visits_per_step = 16;

bool has_variable(const ast::Value& value) {
  if (value.kind == ast::ValueKind::variable) return true;
  return std::ranges::any_of(value.items, has_variable) ||
         std::ranges::any_of(value.fields, [](auto& field) { return has_variable(field.value); });
}

std::vector<std::string_view> names_of(const PlanRequest& request) {
  std::vector<std::string_view> names;
  for (auto number : request.conditions) names.push_back(request.variables[number].name);
  return names;
}

bool is_page_size(const InputValue& argument) {
  return argument.type.lists == 0 && argument.type.named->built_in == BuiltInScalar::integer &&
         (argument.name == "first" || argument.name == "last" || argument.name == "limit");
}

PlainLeaf plain_leaf(TypeRef type) {
  if (type.lists > 0) return PlainLeaf::none;
  switch (type.named->built_in) {
    case BuiltInScalar::string:
    case BuiltInScalar::id: return PlainLeaf::text;
    case BuiltInScalar::boolean: return PlainLeaf::boolean;
    case BuiltInScalar::integer:
    case BuiltInScalar::floating:
    case BuiltInScalar::none: return PlainLeaf::none;
  }
  return PlainLeaf::none;
}

using Nodes = std::span<const ast::Field* const>;

class PlanCompiler {
 public:
  PlanCompiler(const PlanRequest& request, const Limits& limits)
      : request_(request),
        schema_(*request.schema),
        limits_(limits),
        rule_(names_of(request), request.inclusions),
        plan_(std::make_unique<OperationPlan>()) {
    plan_->arena = std::make_unique<Arena>(2048);
  }

  PlanResult compile() {
    auto& operation = *request_.operation;
    plan_->operation = &operation;
    FieldCollection fields(*schema_.root(operation.operation), rule_);
    fields.add(operation.selection_set);
    plan_->root = make_selection(*schema_.root(operation.operation), fields, 1);
    if (error_) return std::move(*error_);
    if (check_depth(); error_) return std::move(*error_);
    plan_->selections = arena().copy_array(std::span<const SelectionPlan* const>(selections_));
    plan_->introspection_only =
        std::ranges::none_of(plan_->root->steps, [](auto& step) { return step.kind == StepKind::resolver; });
    return std::move(plan_);
  }

 private:
  struct Known {
    const NamedType* type;
    Nodes nodes;
    const SelectionPlan* selection;
  };

  Arena& arena() { return *plan_->arena; }

  // What `nodes` together select of objects of `type`.
  const SelectionPlan* select(const NamedType& type, Nodes nodes, std::uint32_t depth) {
    auto hash = reinterpret_cast<std::uintptr_t>(&type);
    for (auto* node : nodes) hash = (hash ^ reinterpret_cast<std::uintptr_t>(node)) * 0x9E3779B97F4A7C15u;
    auto [first, last] = known_.equal_range(hash);
    for (; first != last; ++first)
      if (first->second.type == &type && std::ranges::equal(first->second.nodes, nodes)) return first->second.selection;

    FieldCollection fields(type, rule_);
    for (auto* node : nodes) fields.add(node->selection_set);
    auto* selection = make_selection(type, fields, depth);
    known_.emplace(hash, Known{&type, nodes, selection});
    return selection;
  }

  const SelectionPlan* make_selection(const NamedType& type, const FieldCollection& fields, std::uint32_t depth) {
    auto* selection = arena().make<SelectionPlan>();
    selection->type = &type;
    if (charge(fields.visited(), fields.groups().size())) {
      if (auto* at = fields.null_condition()) {
        selection->failure =
            arena().make<SelectionPlan::Failure>("The condition of @skip or @include is null.", at->offset);
      } else {
        selection->steps = make_steps(type, fields, depth);
      }
    }
    selection->number = static_cast<std::uint32_t>(selections_.size());
    selections_.push_back(selection);
    return selection;
  }

  std::span<const PlanStep> make_steps(const NamedType& type, const FieldCollection& fields, std::uint32_t depth) {
    auto steps = arena().make_array<PlanStep>(fields.groups().size());
    for (std::size_t i = 0; i < steps.size() && !error_; ++i) {
      auto& group = fields.groups()[i];
      auto nodes = arena().make_array<const ast::Field*>(group.count);
      fields.copy(group, nodes);
      auto& step = steps[i];
      step.nodes = nodes;
      step.response_key = group.response_name;
      step.key_json = key_json(i == 0 ? '{' : ',', group.response_name);
      make_step(step, type, depth);
    }
    return steps;
  }

  void make_step(PlanStep& step, const NamedType& type, std::uint32_t depth) {
    auto& node = *step.nodes.front();
    step.field = node.definition != nullptr && node.definition->parent == &type ? node.definition
                                                                                : schema_.field(type, node.name.text);
    step.kind = kind_of(*step.field, type);
    if (step.kind == StepKind::introspection) step.introspection = introspection_field(*step.field);
    if (step.kind == StepKind::resolver && depth > limits_.depth_max) return refuse_depth(step);
    make_arguments(step, node);
    auto& named = *step.field->type.named;
    step.leaf = !named.is_composite();
    step.plain = plain_leaf(step.field->type);
    if (step.leaf) return;
    if (named.kind == TypeKind::object) {
      step.only = select(named, step.nodes, depth + 1);
    } else {
      make_by_type(step, named, depth);
    }
  }

  void make_by_type(PlanStep& step, const NamedType& named, std::uint32_t depth) {
    auto by_type = arena().make_array<const SelectionPlan*>(schema_.object_type_count());
    charge(0, by_type.size() / 8);
    for (auto* possible : named.possible_types) {
      if (error_) return;
      by_type[possible->object_index] = select(*possible, step.nodes, depth + 1);
    }
    step.by_type = by_type;
  }

  StepKind kind_of(const Field& field, const NamedType& type) const {
    if (&field == &schema_.typename_field() || field.name == "__typename") return StepKind::type_name;
    if (type.introspection || &field == &schema_.schema_field() || &field == &schema_.type_field())
      return StepKind::introspection;
    return StepKind::resolver;
  }

  void make_arguments(PlanStep& step, const ast::Field& node) {
    auto definitions = step.field->arguments;
    if (definitions.empty()) return;
    auto plans = arena().make_array<ArgumentPlan>(definitions.size());
    for (std::size_t i = 0; i < plans.size(); ++i) {
      plans[i] = argument(definitions[i], node);
      if (plans[i].kind != ArgumentPlan::Kind::constant) step.arguments_are_constant = false;
    }
    step.arguments = plans;
    if (step.arguments_are_constant) {
      auto values = arena().make_array<Value>(plans.size());
      for (std::size_t i = 0; i < plans.size(); ++i) values[i] = plans[i].value;
      step.constant_arguments = values;
    }
    note_page_sizes(step);
  }

  ArgumentPlan argument(const InputValue& definition, const ast::Field& node) {
    const ast::Argument* given = nullptr;
    for (auto& candidate : node.arguments)
      if (candidate.name.text == definition.name) given = &candidate;
    if (given == nullptr) return {.value = definition.default_value};
    auto* literal = &given->value;
    if (literal->kind == ast::ValueKind::variable) {
      auto found = std::ranges::find(request_.variables, literal->text, &Variable::name);
      return {.kind = ArgumentPlan::Kind::variable,
              .variable = static_cast<std::uint32_t>(found - request_.variables.begin()),
              .literal = literal};
    }
    if (!has_variable(*literal)) {
      if (auto value = coerce_literal(*literal, definition.type, arena())) return {.value = *value, .literal = literal};
    }
    return {.kind = ArgumentPlan::Kind::literal, .literal = literal};
  }

  void note_page_sizes(PlanStep& step) {
    if (step.kind != StepKind::resolver) return;
    std::uint32_t found[8];
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < step.arguments.size() && count < std::size(found); ++i) {
      if (!is_page_size(step.field->arguments[i])) continue;
      found[count++] = i;
      plan_->has_page_sizes = true;
      if (step.arguments[i].kind != ArgumentPlan::Kind::constant) plan_->pages_are_constant = false;
    }
    step.page_sizes = arena().copy_array(std::span<const std::uint32_t>(found, count));
  }

  std::string_view key_json(char before, std::string_view name) {
    auto text = arena().make_array<char>(name.size() + 4);
    text[0] = before;
    text[1] = '"';
    std::ranges::copy(name, text.begin() + 2);
    text[name.size() + 2] = '"';
    text[name.size() + 3] = ':';
    return {text.data(), text.size()};
  }

  // A selection that is shared may first be met less deep than it also stands, so depth is measured from below.
  void check_depth() {
    std::vector<std::uint32_t> heights(selections_.size());
    for (auto* selection : selections_)
      for (auto& step : selection->steps)
        heights[selection->number] = std::max(heights[selection->number], height_of(step, heights));
    if (heights[plan_->root->number] <= limits_.depth_max) return;
    auto* selection = plan_->root;
    for (std::uint32_t depth = 1;; ++depth) {
      auto step = std::ranges::max_element(selection->steps, {}, [&](auto& s) { return height_of(s, heights); });
      if (depth > limits_.depth_max) return refuse_depth(*step);
      selection = highest_below(*step, heights);
    }
  }

  static const SelectionPlan* highest_below(const PlanStep& step, const std::vector<std::uint32_t>& heights) {
    auto* highest = step.only;
    for (auto* selection : step.by_type)
      if (selection != nullptr && (highest == nullptr || heights[selection->number] > heights[highest->number]))
        highest = selection;
    return highest;
  }

  static std::uint32_t height_of(const PlanStep& step, const std::vector<std::uint32_t>& heights) {
    if (step.kind == StepKind::introspection) return 0;
    auto* below = highest_below(step, heights);
    return 1 + (below == nullptr ? 0 : heights[below->number]);
  }

  // False when the plan has become too large.
  bool charge(std::uint64_t visits, std::uint64_t steps) {
    visits_ += visits;
    steps_ += steps;
    if (steps_ > limits_.plan_steps_max || visits_ > limits_.plan_steps_max * visits_per_step) {
      refuse(*request_.operation, fmt::format("The operation is too large: its fragments make more than {} fields.",
                                              limits_.plan_steps_max));
    }
    return !error_;
  }

  void refuse_depth(const PlanStep& step) {
    refuse_at(step.nodes.front()->offset,
              fmt::format("\"{}\" is nested more than {} fields deep.", coordinate_of(*step.field), limits_.depth_max));
  }
  void refuse(const ast::OperationDefinition& operation, std::string message) {
    refuse_at(operation.offset, std::move(message));
  }
  void refuse_at(std::uint32_t offset, std::string message) {
    if (error_) return;
    error_ = GraphqlError{.message = std::move(message),
                          .code = GraphqlErrorCode::limit_exceeded,
                          .locations = {locate(request_.document, offset)}};
  }

  const PlanRequest& request_;
  const Schema& schema_;
  const Limits& limits_;
  InclusionRule rule_;
  std::unique_ptr<OperationPlan> plan_;
  std::vector<const SelectionPlan*> selections_{};
  std::unordered_multimap<std::uintptr_t, Known> known_{};
  std::uint64_t visits_ = 0;
  std::uint64_t steps_ = 0;
  std::optional<GraphqlError> error_{};
};

// Marks the variables that are conditions.
class ConditionScan {
 public:
  explicit ConditionScan(std::span<const Variable> variables) : variables_(variables) {}

  void scan(const ast::SelectionSet& set) {
    for (auto* selection : set) {
      scan_directives(selection->directives);
      if (auto* field = ast::as_field(selection)) scan(field->selection_set);
      if (auto* fragment = ast::as_inline_fragment(selection)) scan(fragment->selection_set);
    }
  }
  std::vector<std::uint32_t> take() { return std::move(found_); }

 private:
  void scan_directives(const ast::List<ast::Directive>& directives) {
    for (auto& directive : directives) {
      if (directive.name.text != "skip" && directive.name.text != "include") continue;
      auto* argument = directive.find("if");
      if (argument == nullptr || argument->value.kind != ast::ValueKind::variable) continue;
      auto variable = std::ranges::find(variables_, argument->value.text, &Variable::name);
      if (variable == variables_.end()) continue;
      auto number = static_cast<std::uint32_t>(variable - variables_.begin());
      if (std::ranges::find(found_, number) == found_.end()) found_.push_back(number);
    }
  }

  std::span<const Variable> variables_;
  std::vector<std::uint32_t> found_{};
};

}  // namespace

void throw_exception_from_error(const GraphqlError& error, const boost::source_location&) {
  throw std::runtime_error(error.message);
}

PlanResult compile_plan(const PlanRequest& request, const Limits& limits) {
  return PlanCompiler(request, limits).compile();
}

std::vector<std::uint32_t> condition_variables(const ast::Document& document, std::span<const Variable> variables) {
  if (variables.empty()) return {};
  ConditionScan scan(variables);
  for (auto* definition : document.definitions()) {
    if (auto* operation = ast::as_operation(definition)) scan.scan(operation->selection_set);
    if (auto* fragment = ast::as_fragment(definition)) scan.scan(fragment->selection_set);
  }
  return scan.take();
}

Inclusions inclusions_of(std::span<const std::uint32_t> conditions, std::span<const Value> values) {
  Inclusions inclusions;
  for (auto number : conditions) {
    auto& value = values[number];
    inclusions += value.kind() != Value::Kind::boolean ? 'n' : value.as_boolean() ? '1' : '0';
  }
  return inclusions;
}

}  // namespace millrace::graphql
