#pragma once

// What the rule Field Selection Merging must know of a document (rules/field_selection_merging.cc). Two fields can
// only conflict when, somewhere, one response name stands for different things: another field, other arguments, a type
// of another shape. That is noted on the walk, in linear time. Only a document that has such a name is searched for
// pairs that conflict, and only where the name can be reached from (merge_search.h). Confined to one thread.

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "graphql/language/ast.h"
#include "graphql/schema/schema.h"
#include "graphql/validation/name_table.h"
#include "graphql/validation/report.h"

namespace millrace::graphql {

// A selection set in which fields meet.
struct MergeSite {
  ast::SelectionSet* set = nullptr;
  const NamedType* parent = nullptr;  // null when not known
  Report::Place place = 0;
};

class MergeCheck {
 public:
  explicit MergeCheck(Arena& arena) : names_(arena), meanings_(&arena), sites_(&arena) {}

  void note(const ast::Field& field);
  void note(const MergeSite& site) { sites_.push_back(site); }

  const NameTable& names() const { return names_; }
  const std::pmr::vector<MergeSite>& sites() const { return sites_; }
  // Whether any response name has several meanings.
  bool has_ambiguous() const { return has_ambiguous_; }
  bool is_ambiguous(std::uint32_t name) const { return meanings_[name].ambiguous; }

 private:
  // What a response name stands for: its first field.
  struct Meaning {
    const ast::Field* field = nullptr;
    TypeRef type{};  // of the first field whose type is known
    bool repeated = false;
    bool ambiguous = false;
  };

  NameTable names_;  // response names
  std::pmr::vector<Meaning> meanings_;
  std::pmr::vector<MergeSite> sites_;
  bool has_ambiguous_ = false;
};

// Whether a value can be of both types, going by lists, non-nulls and leaves alone.
bool same_shape(TypeRef one, TypeRef other);
// Whether both are written with equal arguments, in whatever order.
bool same_arguments(const ast::Field& one, const ast::Field& other);

}  // namespace millrace::graphql
