#pragma once

// GraphQL requests to responses: finds or makes the operation (parse, validate, compile), binds variables, checks
// limits, executes and writes the result. Transports own everything outside the bytes of the result.
//
// Confined to one reactor, so nothing in here is locked; a process with several reactors has one service each, sharing
// the schema.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/async.h"
#include "graphql/execution/limits.h"
#include "graphql/execution/persisted_documents.h"
#include "graphql/execution/request.h"
#include "graphql/execution/resolver.h"
#include "graphql/execution/response.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

class CachedDocument;
class InternalErrors;
class OperationCache;
struct CachedOperation;

struct ServiceOptions {
  Limits limits{};
  bool introspection = true;  // off: __schema and __type are refused and messages hint at no names
  bool allow_empty_selection_sets = false;
  std::size_t cache_bytes_max = 16u << 20;  // documents with all that was compiled from them: about 4,000 usual ones

  bool automatic_persisted_queries = true;
  std::size_t persisted_bytes_max = 4u << 20;
  TrustedDocuments trusted_mode = TrustedDocuments::off;
  std::vector<std::pair<std::string, std::string>> trusted_documents{};  // id, text

  std::chrono::steady_clock::time_point (*now)() = &std::chrono::steady_clock::now;
  // Gets what clients must not see, with the id that they do see.
  std::function<void(std::string_view id, std::string_view detail)> on_internal_error{};
};

// An operation that is valid, bound to its variables and within the limits. May be executed any number of times, which
// is what a subscription does for each event of its source. Texts in its variables stay in the request's JSON, which
// must live as long. Copied cheaply.
class PreparedOperation {
 public:
  ast::OperationKind kind() const;
  const OperationPlan& plan() const { return *plan_; }
  std::string_view name() const;  // empty when anonymous
  std::uint64_t complexity() const { return complexity_; }

 private:
  friend class GraphqlService;
  friend class Execution;

  std::shared_ptr<CachedDocument> document_{};
  CachedOperation* operation_ = nullptr;  // in `document_`
  std::shared_ptr<const OperationPlan> plan_{};
  std::shared_ptr<Arena> arena_{};  // of the variables, where there are any
  std::span<const Value> variables_{};
  std::uint64_t complexity_ = 0;
};

class GraphqlService {
 public:
  GraphqlService(SchemaPointer schema, ServiceOptions options = {});
  ~GraphqlService();
  GraphqlService(const GraphqlService&) = delete;
  GraphqlService& operator=(const GraphqlService&) = delete;

  // Everything for a transport that gives one result: prepares at once, executes when awaited. `resolver` and what
  // `request` points to must outlive the wait.
  Async<Response> run(Request request, Resolver& resolver);

  // The two halves of run(), for transports that stream: what fails before execution is a Response. Subscriptions pass.
  std::variant<PreparedOperation, Response> prepare(const Request& request);
  Async<Response> execute(PreparedOperation operation, Resolver& resolver, ObjectHandle root = {});

  // Later requests are answered by `schema`; those under way keep the old one.
  void replace_schema(SchemaPointer schema);
  const SchemaPointer& schema() const { return schema_; }
  const ServiceOptions& options() const { return options_; }

  struct CacheCounts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::size_t documents = 0;
    std::size_t bytes = 0;
  };
  CacheCounts cache_counts() const;

 private:
  // The text to run, or why there is none. `learn` is its hash when it shall be remembered under that.
  struct Source {
    std::string_view text{};
    std::string_view learn{};
  };
  std::variant<Source, Response> find_source(const Request& request);
  std::variant<Source, Response> find_persisted(const Request& request, const JsonValue& persisted);
  std::variant<Source, Response> find_by_id(const Request& request);
  std::shared_ptr<CachedDocument> find_document(std::string_view text);
  std::shared_ptr<CachedDocument> make_document(std::string_view text);
  std::variant<PreparedOperation, Response> prepare_checked(const Request& request);
  std::vector<GraphqlError> bind(PreparedOperation& prepared, const Request& request);
  std::vector<GraphqlError> plan(PreparedOperation& prepared);
  void remember(const PreparedOperation& operation, Response& response);

  SchemaPointer schema_;
  ServiceOptions options_;
  std::unique_ptr<OperationCache> cache_;
  PersistedDocuments persisted_;
  std::unique_ptr<InternalErrors> internal_errors_;
  std::uint64_t cache_hits_ = 0;
  std::uint64_t cache_misses_ = 0;
};

}  // namespace millrace::graphql
