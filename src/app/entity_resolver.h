#pragma once

// Serves an app's queries and mutations to the GraphQL engine: a list of entities is read with a constant number of
// storage calls, whatever its length. One for each request; confined to its reactor.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/runner.h"
#include "graphql/execution/resolver.h"

namespace millrace::app {

// What a request says beside its document.
struct RequestIdentity {
  std::string idempotency_key{};
  std::optional<std::string> actor{};
};

class EntityResolver final : public graphql::Resolver {
 public:
  // All must outlive it.
  EntityResolver(const Model& model, Runner& runner, Reads& reads, RequestIdentity identity = {});
  ~EntityResolver() override;

  bool resolve_now(graphql::FieldBatch& batch) override;
  Async<void> resolve(std::span<graphql::FieldBatch> batches) override;
  void append_extensions(std::string& members) override;

 private:
  struct Row;

  void resolve_query(graphql::FieldBatch& batch, const QueryKind& query);
  void resolve_all(graphql::FieldBatch& batch, const Entity& entity);
  void resolve_by_id(graphql::FieldBatch& batch, const QueryKind& query);
  void resolve_field(graphql::FieldBatch& batch);
  Async<void> resolve_mutation(graphql::FieldBatch& batch, const CommandKind& kind);
  graphql::FieldResult row(graphql::FieldBatch& batch, const Entity& entity, std::string_view id,
                           const store::Reply& reply);

  const Model& model_;
  Runner& runner_;
  Reads& reads_;
  RequestIdentity identity_;
  std::deque<std::vector<store::Reply>> replies_{};  // the texts that rows point into
  std::deque<Answer> answers_{};
  std::optional<std::uint64_t> offset_{};  // of the last event of this request
};

}  // namespace millrace::app
