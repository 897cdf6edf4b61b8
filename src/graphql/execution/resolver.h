#pragma once

// The seam between a query and what holds the data. Execution goes in layers: one field of the plan is handed over once
// with all objects of its layer, so the number of calls depends on the query and never on the amount of data. What a
// field will be asked for below is known beforehand (`PlanStep::selection`), so a list can be read with just the
// columns that are wanted.
//
// A Resolver serves one request (its snapshot, its identity) and is confined to the reactor of that request. Queries
// hand over the fields of a layer in document order; the root fields of a mutation come strictly one after another,
// each with everything below it done before the next.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/async.h"
#include "base/result.h"
#include "graphql/error.h"
#include "graphql/execution/plan.h"
#include "graphql/language/arena.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

// An object of the data, in the resolver's own terms: a pointer or an index. Nobody else looks into it.
struct ObjectHandle {
  std::uint64_t bits = 0;

  static ObjectHandle of(const void* object) { return {reinterpret_cast<std::uintptr_t>(object)}; }
  static constexpr ObjectHandle of_index(std::uint64_t index) { return {index}; }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(static_cast<std::uintptr_t>(bits));
  }
};

// What a field is for one object: 16 bytes. Texts must stay where they are until the response is made (the batch's
// arena is a place for them). Leaves are checked against the field's type when they are written: what does not fit
// (an Int beyond 32 bits, a name the enum does not have) becomes an execution error at that position.
class FieldResult {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, floating, string, clean_string, json, list, object, error };

  constexpr FieldResult() = default;  // null

  static FieldResult boolean(bool value) { return FieldResult(Kind::boolean, 0, static_cast<std::uint64_t>(value)); }
  static FieldResult integer(std::int64_t value) {
    return FieldResult(Kind::integer, 0, static_cast<std::uint64_t>(value));
  }
  static FieldResult floating(double value) {
    FieldResult made(Kind::floating, 0, 0);
    made.data_.floating = value;
    return made;
  }
  // String, ID, the name of an enum value, or a custom scalar that is text.
  static FieldResult string(std::string_view value) { return text(Kind::string, value); }
  // The same, known to hold no quote, no backslash and no control character: copied without a look.
  static FieldResult clean_string(std::string_view value) { return text(Kind::clean_string, value); }
  // A whole JSON value that is right for the field's type, copied as it stands. Leaves only.
  static FieldResult json(std::string_view value) { return text(Kind::json, value); }
  // The items become the executor's, which writes into them: take them from FieldBatch::list().
  static FieldResult list(std::span<FieldResult> items) {
    FieldResult made(Kind::list, static_cast<std::uint32_t>(items.size()), 0);
    made.data_.items = items.data();
    return made;
  }
  // An object of the type that the field declares, which is then an object type.
  static FieldResult object(ObjectHandle handle) { return FieldResult(Kind::object, declared_type, handle.bits); }
  // An object of `type`; one that is not among the declared type's possible types is an execution error.
  static FieldResult object(ObjectHandle handle, const NamedType& type) {
    return FieldResult(Kind::object, type.object_index, handle.bits);
  }

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_error() const { return kind_ == Kind::error; }

  // Each needs the kind it names.
  bool as_boolean() const { return data_.bits != 0; }
  std::int64_t as_integer() const { return static_cast<std::int64_t>(data_.bits); }
  double as_floating() const { return data_.floating; }
  std::string_view as_string() const { return {data_.text, size_}; }  // string, clean_string, json
  std::span<FieldResult> items() const { return {data_.items, size_}; }

 private:
  friend class Completion;
  friend class FieldBatch;
  friend class Layers;

  static constexpr std::uint32_t declared_type = ~0u;

  union Data {
    std::uint64_t bits = 0;
    double floating;
    const char* text;
    FieldResult* items;
  };

  constexpr FieldResult(Kind kind, std::uint32_t size, std::uint64_t bits) : kind_(kind), size_(size) {
    data_.bits = bits;
  }
  static FieldResult text(Kind kind, std::string_view value) {
    FieldResult made(kind, static_cast<std::uint32_t>(value.size()), 0);
    made.data_.text = value.data();
    return made;
  }

  Kind kind_ = Kind::null;
  std::uint32_t size_ = 0;  // of text or list; object: the type; error: its number
  Data data_{};             // object: the handle, later its place in the layers
};

class FieldErrors;  // field_errors.h

// One field of the plan with all objects of its layer.
class FieldBatch {
 public:
  FieldBatch(const PlanStep& step, ast::OperationKind operation, std::span<const Value> arguments,
             std::span<const ObjectHandle> parents, std::span<FieldResult> results, Arena& arena, FieldErrors& errors)
      : step_(&step),
        operation_(operation),
        arguments_(arguments),
        parents_(parents),
        results_(results),
        arena_(&arena),
        errors_(&errors) {}

  const PlanStep& step() const { return *step_; }
  const Field& field() const { return *step_->field; }  // of the parents' concrete type
  ast::OperationKind operation() const { return operation_; }

  // Coerced, in the order of field().arguments; absent where there is neither value nor default.
  std::span<const Value> arguments() const { return arguments_; }
  Value argument(std::string_view name) const;

  // The objects to read from; at the root the one root object.
  std::span<const ObjectHandle> parents() const { return parents_; }
  // To be filled, one per parent; null until then.
  std::span<FieldResult> results() const { return results_; }

  // Memory that lasts until the response is made.
  Arena& arena() const { return *arena_; }
  std::span<FieldResult> list(std::size_t size) const { return arena_->make_array<FieldResult>(size); }

  // A failure of one position; its place in the document and its path are added later. Code INTERNAL_SERVER_ERROR has
  // its message masked: the client gets an id, the log the text.
  FieldResult error(GraphqlError error) const;
  // The same from an error of the engines below.
  FieldResult error(const Error& error) const;
  // Every parent fails alike.
  void fail(const GraphqlError& error) const;

 private:
  const PlanStep* step_;
  ast::OperationKind operation_;
  std::span<const Value> arguments_;
  std::span<const ObjectHandle> parents_;
  std::span<FieldResult> results_;
  Arena* arena_;
  FieldErrors* errors_;
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  // Fills the results and returns true; or, when it would have to wait, touches nothing and returns false. An exception
  // fails every parent as an unexpected failure.
  virtual bool resolve_now(FieldBatch& batch) = 0;

  // The batches of one layer that had to wait, all at once, so that their reads can go out together. The array lives
  // until this is done. Never called for a resolver whose resolve_now is always true.
  virtual Async<void> resolve(std::span<FieldBatch> batches);

  // Called once when all is resolved: appends members for the response's `extensions`, such as `"offset":7`, commas
  // between them; nothing when there are none.
  virtual void append_extensions(std::string& /*members*/) {}
};

}  // namespace millrace::graphql
