#pragma once

// Writes what was fetched as the response's data, depth-first in document order (GraphQL specification, September 2025,
// section 6.4.3 and 6.4.4): leaves are checked against their types; an error or a null where null cannot be makes the
// nearest nullable position null, by cutting the output back to where that began. The first error below such a position
// is the only one reported. Confined to the reactor.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "graphql/error.h"
#include "graphql/execution/field_errors.h"
#include "graphql/execution/json_output.h"
#include "graphql/execution/layers.h"
#include "graphql/execution/limits.h"

namespace millrace::graphql {

// How much longer and larger a response may get.
struct Bounds {
  std::chrono::steady_clock::time_point (*now)() = nullptr;
  std::chrono::steady_clock::time_point deadline{};
  std::size_t bytes_max = 0;

  // The error that ends the execution, if it is to end.
  std::optional<GraphqlError> breach(std::size_t bytes) const;
};

class Completion {
 public:
  Completion(const Layers& layers, std::string_view document, const FieldErrors& field_errors, const Bounds& bounds,
             JsonOutput& out)
      : layers_(layers), document_(document), field_errors_(field_errors), bounds_(bounds), out_(out) {}

  // Writes the root object, or one of its fields (the first one opens the object). False: the data is null.
  bool root();
  bool root_field(std::size_t step);
  // Closes the object that root_field() opened.
  void close_root();

  // Ends the execution: the data is null, whatever comes.
  void stop(GraphqlError error);
  bool stopped() const { return stopped_; }

  const std::vector<GraphqlError>& errors() const { return errors_; }

 private:
  // Where the writing is: fields and list indexes from the root down.
  struct Frame {
    const Frame* up = nullptr;
    const PlanStep* step = nullptr;  // null: an index
    std::uint32_t index = 0;
  };

  // Each returns false when an error is on its way up; it is noted already.
  bool object(const Layers::Group& group, std::uint32_t row, const Frame* frame);
  bool plain(PlainLeaf leaf, const FieldResult& result);
  bool field(const Layers::Group& group, std::size_t step, const FieldResult& result, const Frame* frame);
  bool nullable(const PlanStep& step, const FieldResult& result, TypeRef type, const Frame* frame);
  bool value(const PlanStep& step, const FieldResult& result, TypeRef type, const Frame* frame);
  bool list(const PlanStep& step, const FieldResult& result, TypeRef type, const Frame* frame);
  bool composite(const PlanStep& step, const FieldResult& result, const Frame* frame);
  bool leaf(const FieldResult& result, const NamedType& type);
  bool built_in(const FieldResult& result, BuiltInScalar scalar);
  bool custom(const FieldResult& result);
  bool integer(const FieldResult& result);
  bool floating(const FieldResult& result);
  bool text(const FieldResult& result);
  bool truth(const FieldResult& result);
  bool id(const FieldResult& result);

  bool count_row();
  bool fail(const Frame* frame, GraphqlError error);
  const std::vector<SourceLocation>& locations_of(const PlanStep& step);
  bool fail_result(const Frame* frame, const FieldResult& result);
  bool fail_null(const PlanStep& step, const Frame* frame);
  bool fail_value(const PlanStep& step, const Frame* frame, std::string_view expected);

  const Layers& layers_;
  std::string_view document_;
  const FieldErrors& field_errors_;
  const Bounds& bounds_;
  JsonOutput& out_;
  std::vector<GraphqlError> errors_{};
  const PlanStep* located_step_ = nullptr;
  std::vector<SourceLocation> located_{};
  std::uint32_t rows_ = 0;
  bool stopped_ = false;
};

}  // namespace millrace::graphql
