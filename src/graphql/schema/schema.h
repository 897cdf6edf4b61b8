#pragma once

// A GraphQL schema, complete and valid (GraphQL specification, September 2025, section 3): made by build_schema()
// (build.h) and immutable from then on, so shared between threads freely. Equal types are equal pointers.
//
// Built-in scalars, built-in directives and the introspection types are ordinary members of it. The definitions of a
// vocabulary (build.h) are not: they are only found through what is applied in the file. Everything points into the
// schema; hold its shared_ptr.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "graphql/language/ast.h"
#include "graphql/language/location.h"
#include "graphql/schema/name_index.h"
#include "graphql/schema/value.h"

namespace millrace::graphql {

using TypeKind = ast::TypeKind;
using DirectiveLocation = ast::DirectiveLocation;

// Which file and where. Source 0 is what is built in, 1 the vocabulary, the files follow.
struct SourcePosition {
  std::uint32_t source = 0;
  std::uint32_t offset = 0;

  bool operator==(const SourcePosition&) const = default;
};

// A directive as it stands in a file, on a definition or one of its extensions.
struct AppliedDirective {
  const ast::Directive* node = nullptr;
  std::uint32_t source = 0;
  // Its arguments coerced, in the order of the directive's definition, defaults filled in; absent where there is
  // neither.
  std::span<const Value> arguments{};

  std::string_view name() const { return node->name.text; }
  // The coerced argument; absent when there is none.
  Value argument(std::string_view name) const;
  SourcePosition position() const { return {source, node->offset}; }
  // Of the argument's value where it is written out, else of the directive.
  SourcePosition position_of(std::string_view argument) const;
};

// The directives of one definition and its extensions, in source order, those of a vocabulary included.
struct AppliedDirectives {
  std::span<const AppliedDirective> all{};

  const AppliedDirective* find(std::string_view name) const;  // the first of that name, or null
  auto begin() const { return all.begin(); }
  auto end() const { return all.end(); }
};

// A named type inside lists and non-nulls. Two words, compared by value: equal types are equal.
struct TypeRef {
  const NamedType* named = nullptr;
  std::uint32_t lists = 0;      // how many lists are around the name, at most list_type_depth_max
  std::uint32_t non_nulls = 0;  // bit 0: the outermost level, … bit `lists`: the name itself

  bool operator==(const TypeRef&) const = default;
  explicit operator bool() const { return named != nullptr; }
  bool is_non_null() const { return (non_nulls & 1) != 0; }
  bool is_list() const { return lists > 0; }  // outermost non-null aside
  TypeRef nullable() const { return {named, lists, non_nulls & ~1u}; }
  TypeRef non_null() const { return {named, lists, non_nulls | 1u}; }
  TypeRef item() const { return {named, lists - 1, non_nulls >> 1}; }  // needs is_list()
  TypeRef list() const { return {named, lists + 1, non_nulls << 1}; }
};

// "[Task!]!"
std::string to_string(TypeRef type);

// The wrappers that `node` writes, around `named`.
TypeRef wrapped_as(const ast::Type& node, const NamedType* named);

// An argument of a field or directive, or a field of an input object.
struct InputValue {
  std::string_view name{};
  std::uint32_t index = 0;  // among its siblings
  TypeRef type{};
  std::optional<std::string_view> description{};
  Value default_value{};            // coerced; absent when there is none
  std::string_view default_text{};  // the coerced default as GraphQL text, empty when there is none
  std::optional<std::string_view> deprecation_reason{};
  AppliedDirectives directives{};
  SourcePosition position{};
  const ast::InputValueDefinition* node = nullptr;

  bool has_default() const { return !default_value.is_absent(); }
  bool is_required() const { return type.is_non_null() && !has_default(); }
};

struct Field {
  std::string_view name{};
  std::uint32_t index = 0;  // among its siblings
  TypeRef type{};
  const NamedType* parent = nullptr;
  std::span<const InputValue> arguments{};
  std::optional<std::string_view> description{};
  std::optional<std::string_view> deprecation_reason{};
  AppliedDirectives directives{};
  SourcePosition position{};
  const ast::FieldDefinition* node = nullptr;

  const InputValue* argument(std::string_view name) const;
};

struct EnumValue {
  std::string_view name{};
  std::uint32_t index = 0;
  std::optional<std::string_view> description{};
  std::optional<std::string_view> deprecation_reason{};
  AppliedDirectives directives{};
  SourcePosition position{};
};

// Gives the value of a custom scalar, or says why `raw` (from a literal or from JSON) is none. Errors carry a message
// for the client such as "is not an RFC 3339 time".
using ScalarParse = Result<Value> (*)(const Value& raw, Arena& arena);

// A set of object types, one bit each.
struct TypeSet {
  std::span<const std::uint64_t> words{};

  bool contains(const NamedType& object) const;
  bool intersects(TypeSet other) const {
    for (std::size_t i = 0; i < words.size(); ++i)
      if ((words[i] & other.words[i]) != 0) return true;
    return false;
  }
};

enum class BuiltInScalar : std::uint8_t { none, integer, floating, string, boolean, id };

// A type of any kind; lists that do not apply to its kind are empty.
struct NamedType {
  TypeKind kind = TypeKind::scalar;
  BuiltInScalar built_in = BuiltInScalar::none;
  bool introspection = false;  // __Schema and its kin
  bool one_of = false;         // input object with @oneOf
  std::uint32_t id = 0;        // position in Schema::types()
  std::string_view name{};
  std::optional<std::string_view> description{};
  std::optional<std::string_view> specified_by_url{};  // scalar
  ScalarParse parse = nullptr;                         // custom scalar; null: every value is taken as it is
  std::span<const Field> fields{};                     // object, interface
  std::span<const NamedType* const> interfaces{};      // object, interface
  std::span<const NamedType* const> members{};         // union
  std::span<const EnumValue> enum_values{};            // enum
  std::span<const InputValue> input_fields{};          // input object
  // Object, interface, union: the objects a value can be, as a set and in order of Schema::types() (for a union: in the
  // order of its members).
  TypeSet possible{};
  std::span<const NamedType* const> possible_types{};
  std::uint32_t object_index = 0;  // object: its bit in a TypeSet
  AppliedDirectives directives{};
  SourcePosition position{};

  NameIndex field_index{};        // over fields
  NameIndex input_field_index{};  // over input_fields
  NameIndex enum_value_index{};   // over enum_values

  // Null when there is none of that name. Meta-fields (__typename) are Schema::field()'s business.
  const Field* field(std::string_view field_name) const;
  const InputValue* input_field(std::string_view field_name) const;
  const EnumValue* enum_value(std::string_view value_name) const;

  bool is_leaf() const { return kind == TypeKind::scalar || kind == TypeKind::enumeration; }
  bool is_composite() const {
    return kind == TypeKind::object || kind == TypeKind::interface || kind == TypeKind::union_of;
  }
  bool is_abstract() const { return kind == TypeKind::interface || kind == TypeKind::union_of; }
  bool is_input() const { return is_leaf() || kind == TypeKind::input_object; }
  bool is_output() const { return kind != TypeKind::input_object; }
  bool implements(const NamedType& interface) const;
};

struct Directive {
  std::string_view name{};  // without the @
  std::optional<std::string_view> description{};
  bool repeatable = false;
  bool built_in = false;
  std::span<const DirectiveLocation> locations{};  // as written
  std::span<const InputValue> arguments{};
  SourcePosition position{};

  bool allowed_at(DirectiveLocation location) const;
  const InputValue* argument(std::string_view name) const;
};

class Schema {
 public:
  // The types of the files in source order, then the built-in scalars in use, then the introspection types.
  std::span<const NamedType* const> types() const { return types_; }
  const NamedType* type(std::string_view name) const;
  // Of a built-in scalar even where the schema does not use it.
  const NamedType& built_in(BuiltInScalar scalar) const { return *built_in_[static_cast<std::size_t>(scalar) - 1]; }
  // The type a syntax node names, or nothing when the schema has no type of that name.
  std::optional<TypeRef> resolve(const ast::Type& node) const;

  const NamedType& query() const { return *query_; }
  const NamedType* mutation() const { return mutation_; }          // null when there is none
  const NamedType* subscription() const { return subscription_; }  // null when there is none
  const NamedType* root(ast::OperationKind operation) const;

  // Directives of the files in source order, then the built-in ones.
  std::span<const Directive* const> directives() const { return directives_; }
  const Directive* directive(std::string_view name) const;
  // A directive of the vocabulary, which documents cannot use.
  const Directive* vocabulary_directive(std::string_view name) const;

  std::optional<std::string_view> description() const { return description_; }
  // Directives on `schema` and `extend schema`.
  const AppliedDirectives& applied() const { return applied_; }
  // Of the `schema` block, or of its first extension; source 0 when the files have neither.
  SourcePosition position() const { return position_; }

  // The field a selection on `parent` means: its own, or a meta-field (__typename on composites, __schema and __type on
  // the query root).
  const Field* field(const NamedType& parent, std::string_view name) const;
  const Field& typename_field() const { return *typename_field_; }
  const Field& schema_field() const { return *schema_field_; }
  const Field& type_field() const { return *type_field_; }

  std::size_t object_type_count() const { return object_type_count_; }

  // Where a position is, for messages. The file name is empty for text without one.
  struct Place {
    std::string_view file{};
    SourceLocation location{};
  };
  Place place(SourcePosition position) const;
  // The whole text of a source.
  std::string_view source_text(std::uint32_t source) const;
  std::uint32_t source_count() const { return static_cast<std::uint32_t>(sources_.size()); }

  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

 private:
  friend class SchemaBuilder;
  Schema() = default;

  struct Source {
    std::string file{};
    ast::Document document{};
  };

  std::vector<Source> sources_{};
  Arena arena_{1 << 16};
  std::span<const NamedType* const> types_{};
  NameIndex type_index_{};
  std::span<const Directive* const> directives_{};
  NameIndex directive_index_{};
  std::span<const Directive* const> vocabulary_directives_{};
  const NamedType* built_in_[5] = {};
  const NamedType* query_ = nullptr;
  const NamedType* mutation_ = nullptr;
  const NamedType* subscription_ = nullptr;
  const Field* typename_field_ = nullptr;
  const Field* schema_field_ = nullptr;
  const Field* type_field_ = nullptr;
  std::optional<std::string_view> description_{};
  AppliedDirectives applied_{};
  SourcePosition position_{};
  std::size_t object_type_count_ = 0;
};

// Whether a value of `type` may stand where `super` is expected in output (specification, section 3.6.1).
bool is_subtype(TypeRef type, TypeRef super);

using SchemaPointer = std::shared_ptr<const Schema>;

}  // namespace millrace::graphql
