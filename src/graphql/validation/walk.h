#pragma once

// The one walk over a document that all rules share: it knows the types of where it stands, calls the rules in their
// order, fills the slots of the syntax tree, and keeps what several rules need to know. Lives as long as one
// validation; confined to its thread.

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graphql/language/arena.h"
#include "graphql/language/ast.h"
#include "graphql/schema/schema.h"
#include "graphql/validation/merge_check.h"
#include "graphql/validation/name_table.h"
#include "graphql/validation/report.h"
#include "graphql/validation/rule.h"
#include "graphql/validation/validate.h"

namespace millrace::graphql {

// A fragment spread, and the number of the fragment's name.
struct Spread {
  ast::FragmentSpread* node = nullptr;
  std::uint32_t fragment = NameTable::none;  // none: there is no such fragment
};

// What one operation or fragment holds.
struct Part {
  ast::Definition* definition = nullptr;
  ast::SelectionSet* selection_set = nullptr;
  std::uint32_t fragment = NameTable::none;  // number of the fragment's name, none for an operation
  Report::Place place = 0;                   // a fragment's beginning, an operation's end
  std::uint32_t uses_begin = 0;
  std::uint32_t uses_end = 0;
  std::span<const Spread> spreads{};  // in the order in which graphql-js follows them; known when the walk is over

  ast::OperationDefinition* operation() const { return ast::as_operation(definition); }
};

class Walk {
 public:
  Walk(const Schema& schema, ast::Document& document, const ValidationOptions& options);

  std::vector<GraphqlError> run();

  const Schema& schema() const { return schema_; }
  const ast::Document& document() const { return document_; }
  const ValidationOptions& options() const { return options_; }
  Report& report() { return report_; }
  Arena& arena() { return arena_; }
  MergeCheck& merge_check() { return merge_check_; }

  // Where the walk stands: the composite type whose fields are selected, null when it is not known.
  const NamedType* parent_type() const { return parent_; }
  // The field whose arguments, directives or selections the walk is in, null when it is none that is known.
  const Field* field() const { return field_; }

  // " Did you mean …?", or nothing.
  std::string suggestion(std::string_view name, std::span<const std::string_view> options) const;
  template <class Members>
  std::string suggestion_among(std::string_view name, const Members& members) const {
    if (!options_.suggestions) return {};
    std::vector<std::string_view> names;
    for (auto& member : members) names.push_back(member.name);
    return suggestion(name, names);
  }

  std::uint32_t operation_count() const { return operation_count_; }
  // The first operation, or fragment, of that name.
  const ast::OperationDefinition& first_operation(std::string_view name) const;
  const ast::FragmentDefinition& first_fragment(std::string_view name) const;

  // Operations and fragments in the order of the document.
  std::span<const Part> parts() const { return parts_; }
  std::uint32_t fragment_count() const { return fragment_names_.size(); }
  std::uint32_t fragment_number(std::string_view name) const { return fragment_names_.find(name); }
  // The fragment that a spread of the name of this number means: the last of them. Its part is known when the walk is
  // over.
  const Part& fragment(std::uint32_t number) const { return parts_[last_part_[number]]; }
  ast::FragmentDefinition& fragment_definition(std::uint32_t number) const { return *last_fragments_[number]; }
  // The fragments that these parts reach, each once, the nearest first.
  std::vector<std::uint32_t> reachable_fragments(std::span<const Part* const> from) const;

  std::uint32_t variable_number(std::string_view name) const { return variable_names_.find(name); }

  // Type-system definitions make a document invalid, but what they define is known to the other rules.
  bool has_type_system() const { return has_type_system_; }
  bool defines_type(std::string_view name) const { return type_names_.find(name) != NameTable::none; }
  bool in_type_system() const { return in_type_system_; }
  const ast::DirectiveDefinition* defined_directive(std::string_view name) const;

  // Remembers the first directive of this name on a definition in several parts; null for the first.
  const ast::Directive* earlier_directive(const ast::Definition& definition, const ast::Directive& directive);

  // Belongs to max_introspection_depth.cc: the introspection field the walk is in, and how deep lists are nested in the
  // fragments, by number, once that is wanted.
  struct IntrospectionDepth {
    const ast::Field* inside = nullptr;
    std::vector<std::uint32_t> fragments{};
  };
  IntrospectionDepth introspection_depth{};

 private:
  void index_definitions();
  void index_spreads();
  void check_variables();
  std::span<const VariableUse> uses(const Part& part) const {
    return std::span(uses_).subspan(part.uses_begin, part.uses_end - part.uses_begin);
  }
  void walk_operation(ast::OperationDefinition& node);
  void walk_fragment(ast::FragmentDefinition& node);
  void walk_variable(ast::VariableDefinition& node);
  void walk_type(const ast::Type& node);
  void walk_type_name(ast::Name name);
  enum class Around { inline_fragment, other };
  void walk_selections(ast::SelectionSet& set, const NamedType* type, Around around = Around::other);
  void walk_field(ast::Field& node);
  void walk_fragment_spread(ast::FragmentSpread& node);
  void walk_inline_fragment(ast::InlineFragment& node);
  void walk_directives(ast::List<ast::Directive> directives, DirectiveLocation location);
  void walk_directive(ast::Directive& node, DirectiveLocation location);
  void walk_value(const ast::Value& node, const InputPosition& position, bool checked);
  void walk_list(const ast::Value& node, const InputPosition& position, bool checked);
  void walk_object(const ast::Value& node, const InputPosition& position, bool checked);
  void note_use(const ast::Value& node, const InputPosition& position);
  void walk_type_system(ast::Definition& node);
  void walk_type_definition(ast::TypeDefinition& node);
  void walk_input_values(ast::List<ast::InputValueDefinition> list, DirectiveLocation location);

  const Schema& schema_;
  ast::Document& document_;
  const ValidationOptions& options_;
  Arena arena_;
  Report report_;

  // Position.
  const NamedType* type_ = nullptr;    // of the field, operation or fragment the walk is in
  const NamedType* parent_ = nullptr;  // of the selection set the walk is in, if composite
  const Field* field_ = nullptr;       // the field the walk is in
  bool in_type_system_ = false;

  // Definitions.
  bool has_type_system_ = false;
  std::uint32_t operation_count_ = 0;
  std::uint32_t spread_count_ = 0;
  NameTable operation_names_;
  NameTable fragment_names_;
  NameTable variable_names_;
  NameTable type_names_;
  NameTable directive_names_;
  std::pmr::vector<const ast::OperationDefinition*> first_operations_;
  std::pmr::vector<const ast::FragmentDefinition*> first_fragments_;
  std::pmr::vector<ast::FragmentDefinition*> last_fragments_;
  std::pmr::vector<const ast::DirectiveDefinition*> directives_;
  NameTable seen_directive_names_;  // name of the type, @, name of the directive
  std::vector<const ast::Directive*> seen_directives_{};
  std::pmr::vector<Part> parts_;
  std::pmr::vector<std::uint32_t> last_part_;
  std::pmr::vector<VariableUse> uses_;
  MergeCheck merge_check_;
};

}  // namespace millrace::graphql
