#include "graphql/execution/layers.h"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <utility>

#include "graphql/execution/introspection.h"

namespace millrace::graphql {

Layers::Layers(const Schema& schema, const OperationPlan& plan, const Bindings& bindings, Resolver& resolver,
               Arena& arena, FieldErrors& errors)
    : schema_(schema), plan_(plan), bindings_(bindings), resolver_(resolver), arena_(arena), errors_(errors) {
  groups_.reserve(plan.selections.size());
  group_of_selection_.assign(plan.selections.size(), 0);
}

void Layers::make_root(ObjectHandle root) {
  if (!groups_.empty()) return;
  groups_.push_back({.selection = plan_.root, .objects = {root}});
  allocate(groups_.front());
}

void Layers::start(ObjectHandle root) {
  make_root(root);
  layer_begin_ = 0;
  layer_end_ = 1;
}

void Layers::start_field(ObjectHandle root, std::size_t step) {
  start(root);
  step_begin_ = step;
  step_end_ = step + 1;
}

void Layers::allocate(Group& group) {
  group.columns = arena_.make_array<FieldResult>(group.selection->steps.size() * group.objects.size()).data();
}

FieldResult Layers::failure(GraphqlError error) {
  return FieldResult(FieldResult::Kind::error, errors_.add(std::move(error)), 0);
}

std::span<FieldBatch> Layers::resolve() {
  waiting_.clear();
  for (auto group = layer_begin_; group < layer_end_; ++group) {
    auto end = std::min(step_end_, groups_[group].selection->steps.size());
    for (auto step = step_begin_; step < end; ++step) resolve_step(group, step);
  }
  return waiting_;
}

void Layers::resolve_step(std::uint32_t number, std::size_t step_number) {
  auto& group = groups_[number];
  auto& step = group.selection->steps[step_number];
  if (step.kind == StepKind::type_name) return;
  std::span results(&group.result(step_number, 0), group.objects.size());
  std::span<const Value> arguments;
  if (auto error = bind_arguments(step, bindings_, arena_, arguments)) {
    std::ranges::fill(results, failure(std::move(*error)));
    return;
  }
  ask({step, plan_.operation->operation, arguments, group.objects, results, arena_, errors_}, step.kind);
}

void Layers::ask(FieldBatch batch, StepKind kind) {
  if (kind == StepKind::introspection) return introspect(schema_, batch);
  try {
    if (!resolver_.resolve_now(batch)) waiting_.push_back(batch);
  } catch (const std::exception& failed) {
    batch.fail({.message = failed.what()});
  }
}

void Layers::fail_waiting(std::string_view detail) {
  for (auto& batch : waiting_) batch.fail({.message = std::string(detail)});
}

bool Layers::descend() {
  auto begin = layer_begin_;
  layer_begin_ = static_cast<std::uint32_t>(groups_.size());
  for (auto group = begin; group < layer_end_; ++group) {
    auto end = std::min(step_end_, groups_[group].selection->steps.size());
    for (auto step = step_begin_; step < end; ++step) place_step(group, step);
  }
  layer_end_ = static_cast<std::uint32_t>(groups_.size());
  step_begin_ = 0;
  step_end_ = ~std::size_t{0};
  for (auto group = layer_begin_; group < layer_end_; ++group) allocate(groups_[group]);
  return layer_begin_ < layer_end_;
}

void Layers::place_step(std::uint32_t number, std::size_t step_number) {
  auto& step = groups_[number].selection->steps[step_number];
  if (step.leaf) return;
  // Groups may move while objects find theirs; columns stay.
  std::span results(&groups_[number].result(step_number, 0), groups_[number].objects.size());
  for (auto& result : results) place(step, result, step.field->type.lists);
}

void Layers::place(const PlanStep& step, FieldResult& result, std::uint32_t lists) {
  if (result.kind_ == FieldResult::Kind::list && lists > 0) {
    for (auto& item : result.items()) place(step, item, lists - 1);
  } else if (result.kind_ == FieldResult::Kind::object && lists == 0) {
    place_object(step, result);
  }
}

void Layers::place_object(const PlanStep& step, FieldResult& result) {
  auto* selection = step.only;
  if (selection == nullptr && result.size_ < step.by_type.size()) selection = step.by_type[result.size_];
  bool fits = selection != nullptr &&
              (result.size_ == FieldResult::declared_type ? step.only != nullptr
                                                          : selection->type->object_index == result.size_);
  if (!fits) {
    result = failure(
        {.message = fmt::format("The value of a \"{}\" is of none of its types.", step.field->type.named->name)});
    return;
  }
  auto number = group_for(*selection);
  auto& objects = groups_[number].objects;
  auto row = static_cast<std::uint32_t>(objects.size());
  objects.push_back({result.data_.bits});
  result.data_.bits = std::uint64_t{number} << 32 | row;
}

std::uint32_t Layers::group_for(const SelectionPlan& selection) {
  auto& number = group_of_selection_[selection.number];
  if (number < layer_begin_ || number >= groups_.size()) {
    number = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back({.selection = &selection});
  }
  return number;
}

}  // namespace millrace::graphql
