#pragma once

// Builds a Schema in passes, each over all files, so that a fault in one place does not hide those in others. Internal
// to build_schema(). A reference to a type that does not exist leaves a TypeRef without a name, which later passes
// step over.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graphql/schema/build.h"

namespace millrace::graphql {

class SchemaBuilder {
 public:
  explicit SchemaBuilder(const SchemaOptions& options) : options_(options), schema_(new Schema) {}

  SchemaResult build(std::span<const SchemaSource> sources);

 private:
  // The fixed sources.
  static constexpr std::uint32_t built_in_source = 0;
  static constexpr std::uint32_t vocabulary_source = 1;

  // A type definition and its extensions, with what the passes still have to write to.
  struct DeclaredType {
    NamedType* type = nullptr;
    const ast::TypeDefinition* node = nullptr;
    std::uint32_t source = 0;
    struct Extension {
      const ast::TypeDefinition* node = nullptr;
      std::uint32_t source = 0;
    };
    std::vector<Extension> extensions{};
    std::span<Field> fields{};
    std::span<InputValue> input_fields{};
    std::span<EnumValue> enum_values{};
    bool used = false;  // a built-in scalar or one of the vocabulary: named by something that is shown

    // The definition and its extensions in turn.
    template <class Each>
    void each_node(Each each) const {
      each(*node, source);
      for (auto& extension : extensions) each(*extension.node, extension.source);
    }
  };

  struct DeclaredDirective {
    Directive* directive = nullptr;
    const ast::DirectiveDefinition* node = nullptr;
    std::uint32_t source = 0;
  };

  // An argument or input field, wherever it belongs.
  struct DeclaredInput {
    InputValue* value = nullptr;
    DirectiveLocation location = DirectiveLocation::argument_definition;
    std::string owner{};  // "Query.task", "@event", "Filter"
  };

  struct DirectiveList {
    std::span<ast::Directive> nodes{};
    std::uint32_t source = 0;
    bool extension = false;
  };

  enum class DefaultState : std::uint8_t { pending, running, done };

  // build.cc: files, names, roots, and the finished schema
  void load(std::span<const SchemaSource> sources);
  void add_source(std::string_view text, std::string_view file, const ParseLimits& limits);
  void collect();
  void collect_type(const ast::TypeDefinition& node, std::uint32_t source);
  void collect_directive(const ast::DirectiveDefinition& node, std::uint32_t source);
  void collect_schema(const ast::SchemaDefinition& node, std::uint32_t source);
  void collect_extension(const ast::TypeDefinition& node, std::uint32_t source);
  void resolve_roots();
  void resolve_root(const ast::OperationTypeDefinition& node, std::uint32_t source);
  void check_roots_differ();
  const NamedType** root_slot(ast::OperationKind operation);
  void freeze();
  void freeze_types();
  void freeze_possible_types();
  void freeze_directives();
  void freeze_meta_fields();

  // build_members.cc: fields, arguments, members
  void fill_types();
  void fill_type(DeclaredType& declared);
  void fill_fields(DeclaredType& declared);
  void fill_field(DeclaredType& declared, Field& field, const ast::FieldDefinition& node, std::uint32_t source);
  void fill_input_fields(DeclaredType& declared);
  void fill_enum_values(DeclaredType& declared);
  void fill_interfaces(DeclaredType& declared);
  void fill_members(DeclaredType& declared);
  void fill_directives();
  std::span<InputValue> fill_arguments(std::span<const ast::InputValueDefinition> nodes, std::uint32_t source,
                                       const std::string& owner);
  void fill_input(InputValue& value, const ast::InputValueDefinition& node, std::uint32_t source,
                  DirectiveLocation location, const std::string& owner);
  TypeRef resolve_type(const ast::Type& node, std::uint32_t source);
  NamedType* resolve_name(const ast::Name& name, std::uint32_t source);
  DeclaredType* lookup(std::string_view name, std::uint32_t source);
  template <class Member>
  NameIndex index_of(std::span<Member> members, const std::string& owner, std::string_view what);

  // build_defaults.cc
  // Reports what is wrong with a literal; false when something is.
  bool check_value(const ast::Value& literal, TypeRef type, std::uint32_t source);
  void check_fields_unique(const ast::Value& literal, std::uint32_t source);
  void coerce_defaults();
  void coerce_default(InputValue& value);
  void require_defaults(const ast::Value& literal, TypeRef type, const InputValue& asking);

  // build_directives.cc: what is applied
  void apply_directives();
  void apply_to_type(DeclaredType& declared);
  AppliedDirectives apply(std::span<const DirectiveList> lists, DirectiveLocation location);
  AppliedDirectives apply(std::span<const ast::Directive> nodes, std::uint32_t source, DirectiveLocation location);
  void check_arguments_unique(const ast::Directive& node, std::uint32_t source);
  const Directive* find_directive(std::string_view name) const;
  std::span<const Value> apply_arguments(const ast::Directive& node, const Directive& definition, std::uint32_t source);
  std::optional<std::string_view> deprecation_in(const AppliedDirectives& applied) const;
  void check_directive_cycles();

  // build_rules.cc: what a schema must keep to beyond that
  void check_rules();
  void check_name(std::string_view name, std::uint32_t source, std::uint32_t offset);
  void check_type(const DeclaredType& declared);
  void check_not_empty(const DeclaredType& declared);
  void check_fields(const DeclaredType& declared);
  void check_input(const DeclaredInput& input);
  void check_interfaces(const DeclaredType& declared);
  void check_implementation(const DeclaredType& declared, const NamedType& interface);
  void check_field_of_interface(const Field& field, const Field& promised);
  void check_members(const DeclaredType& declared);
  void check_one_of(const DeclaredType& declared);
  void check_input_cycles();
  void check_input_cycle(const NamedType& type, std::vector<const InputValue*>& path,
                         std::unordered_map<const NamedType*, std::size_t>& on_path);

  // Errors
  void report(std::uint32_t source, std::uint32_t offset, std::string message, std::string suggestion = {},
              std::vector<SourcePosition> related = {});
  SchemaErrors take_errors();

  bool is_user(std::uint32_t source) const { return source > vocabulary_source; }

  struct Fault {
    SourcePosition position{};
    std::string message{};
    std::string suggestion{};
    std::vector<SourcePosition> related{};
  };

  const SchemaOptions& options_;
  std::shared_ptr<Schema> schema_;
  std::vector<Fault> faults_{};
  std::vector<std::unique_ptr<DeclaredType>> types_{};                        // in the order of the sources
  std::unordered_map<std::string_view, DeclaredType*> types_by_name_{};       // of the files and built in
  std::unordered_map<std::string_view, DeclaredType*> vocabulary_by_name_{};  // of the vocabulary
  std::vector<DeclaredDirective> directives_{};
  std::unordered_map<std::string_view, DeclaredDirective*> directives_by_name_{};
  std::vector<DeclaredInput> inputs_{};
  std::unordered_map<const InputValue*, DefaultState> default_states_{};
  std::unordered_map<const NamedType*, bool> input_types_checked_{};
  struct SchemaNode {
    const ast::SchemaDefinition* node = nullptr;
    std::uint32_t source = 0;
  };
  std::vector<SchemaNode> schema_nodes_{};  // the definition first
  bool has_schema_definition_ = false;
  std::optional<SourcePosition> root_positions_[3]{};
};

// `"Task"`
std::string quoted(std::string_view name);

}  // namespace millrace::graphql
