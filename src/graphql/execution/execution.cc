#include "graphql/execution/execution.h"

#include <string>
#include <utility>

#include "graphql/execution/error_json.h"
#include "graphql/execution/operation_cache.h"

namespace millrace::graphql {
namespace {

constexpr std::string_view data_key = R"({"data":)";

}  // namespace

Execution::Execution(const PreparedOperation& operation, const ServiceOptions& options, Resolver& resolver,
                     InternalErrors& internal, ObjectHandle root)
    : operation_(operation),
      resolver_(resolver),
      root_(root),
      bindings_{operation.document_->text(), operation.operation_->variables, operation.variables_},
      bounds_{options.now, options.now() + options.limits.execution_time_max, options.limits.response_bytes_max},
      field_errors_(internal),
      layers_(*operation.document_->schema(), *operation.plan_, bindings_, resolver, arena_, field_errors_),
      out_(operation.operation_->response_bytes),
      completion_(layers_, bindings_.document, field_errors_, bounds_, out_) {
  out_.raw(data_key);
  if (is_serial()) {
    layers_.start_field(root, 0);
  } else {
    layers_.start(root);
  }
}

bool Execution::is_serial() const {
  auto& root = *operation_.plan_->root;
  return operation_.kind() == ast::OperationKind::mutation && root.failure == nullptr && !root.steps.empty();
}

bool Execution::advance() {
  while (!finished_) {
    if (!std::exchange(asked_, true)) {
      waiting_ = layers_.resolve();
      if (!waiting_.empty()) return true;
    }
    asked_ = false;
    if (auto breach = bounds_.breach(out_.size())) {
      completion_.stop(std::move(*breach));
      has_data_ = false;
      finished_ = true;
    } else if (!layers_.descend()) {
      finished_ = !next_field();
    }
  }
  return false;
}

// Writes what is complete: all of a query, one field of a mutation. True when there is more to do.
bool Execution::next_field() {
  if (!is_serial()) {
    has_data_ = completion_.root();
    return false;
  }
  has_data_ = completion_.root_field(field_);
  if (!has_data_) return false;
  if (++field_ < operation_.plan_->root->steps.size()) {
    layers_.start_field(root_, field_);
    return true;
  }
  completion_.close_root();
  return false;
}

Response Execution::finish() {
  if (auto breach = bounds_.breach(out_.size()); breach && !completion_.stopped()) {
    completion_.stop(std::move(*breach));
    has_data_ = false;
  }
  if (!has_data_) {
    out_.truncate(data_key.size());
    out_.null();
  }
  std::string extensions;
  if (!operation_.plan_->introspection_only) resolver_.append_extensions(extensions);
  if (!extensions.empty()) {
    out_.raw(R"(,"extensions":{)");
    out_.raw(extensions);
    out_.byte('}');
  }
  out_.byte('}');
  Response response{.operation = operation_.kind(), .body = out_.finish()};
  if (!completion_.errors().empty()) {
    response.outcome = Outcome::data_and_errors;
    response.head = R"({"errors":)";
    append_errors(response.head, completion_.errors());
    response.head += ',';
    response.body_skip = 1;
  }
  return response;
}

}  // namespace millrace::graphql
