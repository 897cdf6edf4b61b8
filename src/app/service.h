#pragma once

// An app as its doors see it: GraphQL requests in, responses out. Confined to the reactor that owns the app's home.

#include "app/entity_resolver.h"
#include "app/model.h"
#include "app/runner.h"
#include "graphql/execution/service.h"

namespace millrace::app {

class Service {
 public:
  // `runner` outlives it.
  Service(ModelPointer model, Runner& runner, graphql::ServiceOptions options);

  // Returns once what the answer tells is durable. What `request` points to outlives the wait.
  Async<graphql::Response> run(graphql::Request request, RequestIdentity identity);

  // Requests that come from now on are answered by another model; the runner is given it separately.
  void replace_model(ModelPointer model);
  const ModelPointer& model() const { return model_; }

 private:
  ModelPointer model_;
  Runner& runner_;
  graphql::GraphqlService graphql_;
};

}  // namespace millrace::app
