#include "app/service.h"

#include <array>

namespace millrace::app {

Service::Service(ModelPointer model, Runner& runner, graphql::ServiceOptions options)
    : model_(std::move(model)), runner_(runner), graphql_(model_->schema, std::move(options)) {}

void Service::replace_model(ModelPointer model) {
  model_ = std::move(model);
  graphql_.replace_schema(model_->schema);
}

Async<graphql::Response> Service::run(graphql::Request request, RequestIdentity identity) {
  auto model = model_;  // kept while the request runs
  for (int attempt = 1;; ++attempt) {
    auto reads = runner_.reads(attempt);
    EntityResolver resolver(*model, runner_, *reads, identity);
    graphql::Response response = co_await graphql_.run(request, resolver);
    auto settled = co_await reads->settle();
    if (!settled) {
      std::array errors = {graphql::GraphqlError{.message = settled.error().message}};
      co_return graphql::error_response(graphql::Outcome::internal_failure, errors);
    }
    if (*settled) co_return response;
  }
}

}  // namespace millrace::app
