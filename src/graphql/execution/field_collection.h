#pragma once

// Which fields an object of one type shows, in order, with all the places that ask for each (GraphQL specification,
// September 2025, section 6.3.2). Pure.

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graphql/execution/plan.h"
#include "graphql/language/ast.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

// What @skip and @include say under one choice of variables.
class InclusionRule {
 public:
  enum class Answer : std::uint8_t { no, yes, null };

  // `names` are the variables' names, `values` a letter for each (Inclusions).
  InclusionRule(std::vector<std::string_view> names, std::string_view values)
      : names_(std::move(names)), values_(values) {}

  // At null, `at` is the value that is null.
  Answer includes(const ast::Selection& selection, const ast::Value*& at) const;

 private:
  Answer condition(const ast::Value& value) const;

  std::vector<std::string_view> names_;
  std::string_view values_;
};

class FieldCollection {
 public:
  struct Group {
    std::string_view response_name{};
    std::uint32_t first = 0;  // of its occurrences
    std::uint32_t last = 0;
    std::uint32_t count = 0;
  };

  FieldCollection(const NamedType& type, const InclusionRule& rule) : type_(type), rule_(rule) {}

  // Appends what `set` shows. Stops at a condition that is null.
  void add(const ast::SelectionSet& set);

  std::span<const Group> groups() const { return groups_; }
  const ast::Value* null_condition() const { return null_condition_; }
  std::uint64_t visited() const { return visited_; }  // selections looked at: the work done

  // Writes the occurrences of `group`, in order.
  void copy(const Group& group, std::span<const ast::Field*> out) const;

 private:
  struct Occurrence {
    const ast::Field* field;
    std::uint32_t next;
  };

  bool applies(const NamedType* condition) const;
  void add_field(const ast::Field& field);
  Group* find(std::string_view response_name);

  const NamedType& type_;
  const InclusionRule& rule_;
  std::vector<Group> groups_{};
  std::unordered_map<std::string_view, std::uint32_t> group_index_{};  // only for many groups
  std::vector<Occurrence> occurrences_{};
  std::vector<const ast::FragmentDefinition*> seen_{};
  const ast::Value* null_condition_ = nullptr;
  std::uint64_t visited_ = 0;
};

}  // namespace millrace::graphql
