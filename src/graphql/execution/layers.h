#pragma once

// The data of one execution, fetched breadth-first: all objects that show the same selection are read together, a layer
// at a time. Confined to the reactor.

#include <cstdint>
#include <span>
#include <vector>

#include "graphql/execution/arguments.h"
#include "graphql/execution/field_errors.h"
#include "graphql/execution/plan.h"
#include "graphql/execution/resolver.h"
#include "graphql/language/arena.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

class Layers {
 public:
  // The objects of one layer that show one selection, and what was found for them.
  struct Group {
    const SelectionPlan* selection = nullptr;
    std::vector<ObjectHandle> objects{};
    FieldResult* columns = nullptr;  // per step one column of as many results as there are objects

    FieldResult& result(std::size_t step, std::size_t row) const { return columns[step * objects.size() + row]; }
  };

  // Everything given must outlive this.
  Layers(const Schema& schema, const OperationPlan& plan, const Bindings& bindings, Resolver& resolver, Arena& arena,
         FieldErrors& errors);

  // Makes the layer of the root object, with all its fields or with one of them.
  void start(ObjectHandle root);
  void start_field(ObjectHandle root, std::size_t step);

  // Asks for the fields of the current layer; those that have to wait are returned and stay until the next call.
  std::span<FieldBatch> resolve();
  // Whatever was waited for fails.
  void fail_waiting(std::string_view detail);
  // Makes the next layer from what was found. False when there is nothing below.
  bool descend();

  const Group& root() const { return groups_.front(); }
  // The object of a result of kind object, once its layer was made.
  struct Located {
    const Group& group;
    std::uint32_t row;
  };
  Located locate(const FieldResult& object) const {
    return {groups_[object.data_.bits >> 32], static_cast<std::uint32_t>(object.data_.bits)};
  }

 private:
  void make_root(ObjectHandle root);
  void allocate(Group& group);
  void resolve_step(std::uint32_t group, std::size_t step);
  void ask(FieldBatch batch, StepKind kind);
  void place_step(std::uint32_t group, std::size_t step);
  void place(const PlanStep& step, FieldResult& result, std::uint32_t lists);
  void place_object(const PlanStep& step, FieldResult& result);
  std::uint32_t group_for(const SelectionPlan& selection);
  FieldResult failure(GraphqlError error);

  const Schema& schema_;
  const OperationPlan& plan_;
  const Bindings& bindings_;
  Resolver& resolver_;
  Arena& arena_;
  FieldErrors& errors_;
  std::vector<Group> groups_{};
  std::vector<std::uint32_t> group_of_selection_{};  // the latest one; older layers' are out of date
  std::vector<FieldBatch> waiting_{};
  std::uint32_t layer_begin_ = 0;  // the current layer's groups
  std::uint32_t layer_end_ = 0;
  std::size_t step_begin_ = 0;  // of the root, when its fields are done one by one
  std::size_t step_end_ = ~std::size_t{0};
};

}  // namespace millrace::graphql
