#pragma once

// The syntax tree of a GraphQL document (GraphQL specification, September 2025, section 2 and appendix C): executable
// and type-system definitions. Nodes live in the arena of their Document, are trivially destructible, and point into
// its text; positions are byte offsets into that text (location.h makes lines and columns of them).
//
// A node's `offset` is where the reference implementation says the node begins: a field at its alias, a definition at
// its description if it has one. Read-only and shareable between threads once validation has filled the slots marked
// "Set by validation", which stay null until then and where a document is invalid.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "graphql/language/arena.h"

namespace millrace::graphql {
struct Directive;
struct Field;
struct InputValue;
struct NamedType;
}  // namespace millrace::graphql

namespace millrace::graphql::ast {

// A run of nodes in the arena; like std::span, but 32-bit sized and usable with types still incomplete. Constness is
// shallow, as with std::span.
template <class T>
class List {
 public:
  List() = default;
  List(T* first, std::uint32_t count) : first_(first), count_(count) {}

  T* begin() const { return first_; }
  T* end() const { return first_ + count_; }
  std::uint32_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T& operator[](std::size_t index) const { return first_[index]; }
  T& front() const { return first_[0]; }
  T& back() const { return first_[count_ - 1]; }
  operator std::span<const T>() const { return {first_, count_}; }

 private:
  T* first_ = nullptr;
  std::uint32_t count_ = 0;
};

struct Name {
  std::string_view text{};
  std::uint32_t offset = 0;

  explicit operator bool() const { return !text.empty(); }
};

// --- Values and types -----------------------------------------------------------------------------------------------

enum class ValueKind : std::uint8_t { variable, integer, floating, string, boolean, null, enumeration, list, object };

struct ObjectField;

struct Value {
  ValueKind kind = ValueKind::null;
  bool block = false;    // string: written as a block string
  bool boolean = false;  // boolean: its value
  std::uint32_t offset = 0;
  std::string_view text{};  // variable: name without $; integer, floating: as written; string: its value, escapes and
                            // indentation resolved; enumeration: the name
  List<Value> items{};      // list
  List<ObjectField> fields{};  // object, as written: duplicates are validation's concern
};

struct ObjectField {
  Name name{};
  Value value{};
  const InputValue* definition = nullptr;  // Set by validation.
};

enum class TypeNodeKind : std::uint8_t { named, list, non_null };

struct Type {
  TypeNodeKind kind = TypeNodeKind::named;
  std::uint32_t offset = 0;
  std::string_view name{};   // named
  const Type* of = nullptr;  // list, non_null

  // The name inside all wrappers, and where it is written.
  Name inner() const {
    const Type* type = this;
    while (type->of != nullptr) type = type->of;
    return {type->name, type->offset};
  }
};

struct Argument {
  Name name{};
  Value value{};
  const InputValue* definition = nullptr;  // Set by validation.

  std::uint32_t offset() const { return name.offset; }
};

struct Directive {
  std::uint32_t offset = 0;  // of the @
  Name name{};               // without the @
  List<Argument> arguments{};
  const graphql::Directive* definition = nullptr;  // Set by validation.

  const Argument* find(std::string_view argument) const {
    for (auto& candidate : arguments)
      if (candidate.name.text == argument) return &candidate;
    return nullptr;
  }
};

// --- Executable definitions -----------------------------------------------------------------------------------------

enum class SelectionKind : std::uint8_t { field, fragment_spread, inline_fragment };

struct Selection {
  SelectionKind kind;
  std::uint32_t offset = 0;
  List<Directive> directives{};
};

struct SelectionSet {
  bool present = false;      // distinguishes none from an empty one, which an option of the parser allows
  std::uint32_t offset = 0;  // of the {
  List<Selection*> selections{};

  Selection** begin() const { return selections.begin(); }
  Selection** end() const { return selections.end(); }
};

struct Field : Selection {
  Name alias{};  // empty text when there is none
  Name name{};
  List<Argument> arguments{};
  SelectionSet selection_set{};
  const graphql::Field* definition = nullptr;  // Set by validation.

  Name response_name() const { return alias ? alias : name; }
};

struct FragmentDefinition;

struct FragmentSpread : Selection {
  Name name{};
  FragmentDefinition* fragment = nullptr;  // Set by validation.
};

struct InlineFragment : Selection {
  Name type_condition{};  // empty text when there is none
  SelectionSet selection_set{};
  const NamedType* type = nullptr;  // Set by validation: the condition, or the enclosing type.
};

enum class DefinitionKind : std::uint8_t { operation, fragment, schema, type, directive };

struct Definition {
  DefinitionKind kind;
  std::uint32_t offset = 0;
  const Value* description = nullptr;  // a string value, or null
};

enum class OperationKind : std::uint8_t { query, mutation, subscription };

struct VariableDefinition {
  std::uint32_t offset = 0;  // of the description, else of the $
  const Value* description = nullptr;
  std::uint32_t variable_offset = 0;  // of the $
  Name name{};                        // without the $
  const Type* type = nullptr;
  const Value* default_value = nullptr;  // null when there is none
  List<Directive> directives{};
};

struct OperationDefinition : Definition {
  OperationKind operation = OperationKind::query;
  bool shorthand = false;
  Name name{};  // empty text when anonymous
  List<VariableDefinition> variables{};
  List<Directive> directives{};
  SelectionSet selection_set{};
};

struct FragmentDefinition : Definition {
  Name name{};
  Name type_condition{};
  List<Directive> directives{};
  SelectionSet selection_set{};
  const NamedType* type = nullptr;  // Set by validation.
};

// --- Type-system definitions ----------------------------------------------------------------------------------------

enum class TypeKind : std::uint8_t { scalar, object, interface, union_of, enumeration, input_object };

enum class DirectiveLocation : std::uint8_t {
  query,
  mutation,
  subscription,
  field,
  fragment_definition,
  fragment_spread,
  inline_fragment,
  variable_definition,
  schema,
  scalar,
  object,
  field_definition,
  argument_definition,
  interface,
  union_of,
  enumeration,
  enum_value,
  input_object,
  input_field_definition,
};

// "QUERY" and back.
std::string_view to_string(DirectiveLocation location);
std::optional<DirectiveLocation> directive_location(std::string_view name);

// "query", "mutation", "subscription".
std::string_view to_string(OperationKind operation);

// An argument of a field or directive, or a field of an input object.
struct InputValueDefinition {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Name name{};
  const Type* type = nullptr;
  const Value* default_value = nullptr;
  List<Directive> directives{};
};

struct FieldDefinition {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Name name{};
  List<InputValueDefinition> arguments{};
  const Type* type = nullptr;
  List<Directive> directives{};
};

struct EnumValueDefinition {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Name name{};
  List<Directive> directives{};
};

struct OperationTypeDefinition {
  std::uint32_t offset = 0;
  OperationKind operation = OperationKind::query;
  Name type{};
};

// `schema { … }` and `extend schema …`.
struct SchemaDefinition : Definition {
  bool extension = false;
  List<Directive> directives{};
  List<OperationTypeDefinition> operation_types{};
};

// All six kinds of type, and their extensions; the lists of other kinds stay empty.
struct TypeDefinition : Definition {
  TypeKind type_kind = TypeKind::scalar;
  bool extension = false;
  Name name{};
  List<Name> interfaces{};  // object, interface
  List<Directive> directives{};
  List<FieldDefinition> fields{};             // object, interface
  List<Name> members{};                       // union
  List<EnumValueDefinition> enum_values{};    // enum
  List<InputValueDefinition> input_fields{};  // input object
};

struct DirectiveDefinition : Definition {
  Name name{};  // without the @
  List<InputValueDefinition> arguments{};
  bool repeatable = false;
  List<Name> locations{};
};

// --- Document -------------------------------------------------------------------------------------------------------

// Owns the text and all nodes. Moving it leaves the nodes where they are.
class Document {
 public:
  Document() = default;
  Document(std::unique_ptr<Arena> arena, std::string_view text, List<Definition*> definitions, std::uint32_t tokens)
      : arena_(std::move(arena)), text_(text), definitions_(definitions), tokens_(tokens) {}

  std::string_view text() const { return text_; }
  List<Definition*> definitions() const { return definitions_; }
  std::uint32_t tokens() const { return tokens_; }  // lexical tokens, the end of the text not counted
  // For further nodes that shall live as long as the document.
  Arena& arena() const { return *arena_; }

 private:
  std::unique_ptr<Arena> arena_{};
  std::string_view text_{};
  List<Definition*> definitions_{};
  std::uint32_t tokens_ = 0;
};

// Downcasts by kind: `if (auto* field = as_field(selection))`.
inline Field* as_field(Selection* s) {
  return s->kind == SelectionKind::field ? static_cast<Field*>(s) : nullptr;
}
inline FragmentSpread* as_fragment_spread(Selection* s) {
  return s->kind == SelectionKind::fragment_spread ? static_cast<FragmentSpread*>(s) : nullptr;
}
inline InlineFragment* as_inline_fragment(Selection* s) {
  return s->kind == SelectionKind::inline_fragment ? static_cast<InlineFragment*>(s) : nullptr;
}
inline OperationDefinition* as_operation(Definition* d) {
  return d->kind == DefinitionKind::operation ? static_cast<OperationDefinition*>(d) : nullptr;
}
inline FragmentDefinition* as_fragment(Definition* d) {
  return d->kind == DefinitionKind::fragment ? static_cast<FragmentDefinition*>(d) : nullptr;
}
inline SchemaDefinition* as_schema(Definition* d) {
  return d->kind == DefinitionKind::schema ? static_cast<SchemaDefinition*>(d) : nullptr;
}
inline TypeDefinition* as_type(Definition* d) {
  return d->kind == DefinitionKind::type ? static_cast<TypeDefinition*>(d) : nullptr;
}
inline DirectiveDefinition* as_directive(Definition* d) {
  return d->kind == DefinitionKind::directive ? static_cast<DirectiveDefinition*>(d) : nullptr;
}

}  // namespace millrace::graphql::ast
