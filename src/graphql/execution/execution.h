#pragma once

// One run of a prepared operation: layer by layer, then written out; a mutation's root fields one after the other.
// Confined to the reactor.

#include <span>

#include "graphql/execution/completion.h"
#include "graphql/execution/layers.h"
#include "graphql/execution/service.h"

namespace millrace::graphql {

class Execution {
 public:
  // Everything given must outlive this.
  Execution(const PreparedOperation& operation, const ServiceOptions& options, Resolver& resolver,
            InternalErrors& internal, ObjectHandle root);

  // Goes on until fields have to wait, and is true then: wait for waiting(), then call again. False at the end.
  bool advance();
  std::span<FieldBatch> waiting() const { return waiting_; }
  void fail_waiting(std::string_view detail) { layers_.fail_waiting(detail); }

  Response finish();

 private:
  bool next_field();
  bool is_serial() const;

  const PreparedOperation& operation_;
  Resolver& resolver_;
  ObjectHandle root_;
  Bindings bindings_;
  Bounds bounds_;
  Arena arena_{};
  FieldErrors field_errors_;
  Layers layers_;
  JsonOutput out_;
  Completion completion_;
  std::span<FieldBatch> waiting_{};
  std::size_t field_ = 0;  // of a mutation, which one is being done
  bool asked_ = false;     // for the fields of the current layer
  bool has_data_ = true;
  bool finished_ = false;
};

}  // namespace millrace::graphql
