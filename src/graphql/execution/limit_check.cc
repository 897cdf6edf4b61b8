#include "graphql/execution/limit_check.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

#include "graphql/schema/coordinate.h"

namespace millrace::graphql {
namespace {

GraphqlError breach(std::string message, std::string_view document, std::uint32_t offset) {
  return {
      .message = std::move(message), .code = GraphqlErrorCode::limit_exceeded, .locations = {locate(document, offset)}};
}

class DocumentCount {
 public:
  DocumentCount(std::string_view document, const Limits& limits) : document_(document), limits_(limits) {}

  void count(const ast::SelectionSet& set) {
    for (auto* selection : set) {
      if (breach_) return;
      count(selection->directives);
      if (auto* field = ast::as_field(selection)) {
        if (field->alias && ++aliases_ > limits_.aliases_max) refuse("aliases", limits_.aliases_max, field->offset);
        count(field->selection_set);
      } else if (auto* fragment = ast::as_inline_fragment(selection)) {
        count(fragment->selection_set);
      }
    }
  }
  void count(const ast::List<ast::Directive>& directives) {
    directives_ += directives.size();
    if (directives_ > limits_.directives_max) refuse("directives", limits_.directives_max, directives.back().offset);
  }
  std::optional<GraphqlError> take() { return std::move(breach_); }

 private:
  void refuse(std::string_view what, std::uint32_t most, std::uint32_t offset) {
    if (!breach_) breach_ = breach(fmt::format("The document has more than {} {}.", most, what), document_, offset);
  }

  std::string_view document_;
  const Limits& limits_;
  std::uint32_t aliases_ = 0;
  std::uint64_t directives_ = 0;
  std::optional<GraphqlError> breach_{};
};

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? ~std::uint64_t{0} : sum;
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? ~std::uint64_t{0} : product;
}

// What showing one object costs: `fixed`, and `per_item` for each item of the lists whose size its own field tells
// (the `items` of `posts(first: 50) { items { text } }`).
struct SelectionCost {
  std::uint64_t fixed = 0;
  std::uint64_t per_item = 0;

  std::uint64_t at(std::uint64_t page) const { return add(fixed, multiply(per_item, page)); }
};

class OperationCost {
 public:
  OperationCost(const OperationPlan& plan, const Bindings& bindings, const Limits& limits)
      : plan_(plan), bindings_(bindings), limits_(limits) {}

  Cost check() {
    auto& operation = *plan_.operation;
    if (plan_.root->steps.size() > limits_.root_fields_max) {
      refuse(fmt::format("The operation has more than {} root fields.", limits_.root_fields_max), operation.offset);
    }
    costs_.resize(plan_.selections.size());
    for (auto* selection : plan_.selections) costs_[selection->number] = cost_of(*selection);
    auto complexity = costs_[plan_.root->number].at(limits_.page_size_default);
    if (complexity > limits_.complexity_max) {
      refuse(fmt::format("The complexity of the operation, {}, is over {}; most of it is \"{}\".", complexity,
                         limits_.complexity_max, dearest()),
             operation.offset);
    }
    return {complexity, std::move(breach_)};
  }

 private:
  SelectionCost cost_of(const SelectionPlan& selection) {
    SelectionCost cost;
    for (auto& step : selection.steps) {
      if (step.kind == StepKind::introspection) continue;
      auto own = page_size(step);
      bool list = step.field->type.is_list();
      auto item = step_cost(step, list ? std::nullopt : own);
      if (list && !own) {
        cost.per_item = add(cost.per_item, item);
      } else {
        cost.fixed = add(cost.fixed, list ? multiply(item, *own) : item);
      }
    }
    return cost;
  }

  // Of one value of the field. `page` is what the field tells about the lists right below it.
  std::uint64_t step_cost(const PlanStep& step, std::optional<std::uint64_t> page) const {
    if (step.leaf) return 1;
    auto size = page.value_or(limits_.page_size_default);
    std::uint64_t most = 0;
    if (step.only != nullptr) most = costs_[step.only->number].at(size);
    for (auto* selection : step.by_type)
      if (selection != nullptr) most = std::max(most, costs_[selection->number].at(size));
    return add(2, most);
  }

  // The largest that the arguments ask for; nothing when they do not say.
  std::optional<std::uint64_t> page_size(const PlanStep& step) {
    std::optional<std::uint64_t> size;
    for (auto index : step.page_sizes) {
      auto& argument = step.arguments[index];
      auto value = argument.kind == ArgumentPlan::Kind::variable ? bindings_.values[argument.variable] : argument.value;
      if (value.is_absent()) value = step.field->arguments[index].default_value;
      if (value.kind() != Value::Kind::integer || value.as_integer() < 0) continue;
      auto asked = static_cast<std::uint64_t>(value.as_integer());
      if (asked > limits_.page_size_max) {
        refuse(fmt::format("\"{}({}:)\" is {}, over the largest page of {}.", coordinate_of(*step.field),
                           step.field->arguments[index].name, asked, limits_.page_size_max),
               step.nodes.front()->offset);
      }
      size = std::max(size.value_or(0), asked);
    }
    return size;
  }

  // The root field that costs most.
  std::string dearest() {
    std::uint64_t most = 0;
    std::string name;
    for (auto& step : plan_.root->steps) {
      if (step.kind != StepKind::resolver) continue;
      auto own = page_size(step);
      auto cost = step_cost(step, own);
      if (step.field->type.is_list()) cost = multiply(cost, own.value_or(limits_.page_size_default));
      if (cost > most) name = coordinate_of(*step.field);
      most = std::max(most, cost);
    }
    return name;
  }

  void refuse(std::string message, std::uint32_t offset) {
    if (!breach_) breach_ = breach(std::move(message), bindings_.document, offset);
  }

  const OperationPlan& plan_;
  const Bindings& bindings_;
  const Limits& limits_;
  std::vector<SelectionCost> costs_{};
  std::optional<GraphqlError> breach_{};
};

}  // namespace

std::optional<GraphqlError> check_document(const ast::Document& document, const Limits& limits) {
  DocumentCount count(document.text(), limits);
  for (auto* definition : document.definitions()) {
    if (auto* operation = ast::as_operation(definition)) {
      count.count(operation->directives);
      count.count(operation->selection_set);
    } else if (auto* fragment = ast::as_fragment(definition)) {
      count.count(fragment->directives);
      count.count(fragment->selection_set);
    }
  }
  return count.take();
}

Cost check_operation(const OperationPlan& plan, const Bindings& bindings, const Limits& limits) {
  return OperationCost(plan, bindings, limits).check();
}

}  // namespace millrace::graphql
