#include "graphql/execution/service.h"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <utility>

#include "base/crypto.h"
#include "graphql/execution/arguments.h"
#include "graphql/execution/execution.h"
#include "graphql/execution/field_errors.h"
#include "graphql/execution/limit_check.h"
#include "graphql/execution/operation_cache.h"
#include "graphql/execution/plan_compiler.h"
#include "graphql/language/parser.h"
#include "graphql/validation/validate.h"

namespace millrace::graphql {
namespace {

// Plans per operation that are kept: four independent conditions.
constexpr std::size_t plans_kept_max = 16;
// A larger response is not expected to come again.
constexpr std::size_t response_guess_max = 256u << 10;

Response refuse(Outcome outcome, GraphqlErrorCode code, std::string message) {
  GraphqlError error{.message = std::move(message), .code = code};
  return error_response(outcome, {&error, 1});
}

Response malformed(std::string message) {
  return refuse(Outcome::malformed_request, GraphqlErrorCode::bad_request, std::move(message));
}

Response not_found() {
  return refuse(Outcome::persisted_query_not_found, GraphqlErrorCode::persisted_query_not_found,
                "PersistedQueryNotFound");
}

Response not_supported() {
  return refuse(Outcome::persisted_query_not_supported, GraphqlErrorCode::persisted_query_not_supported,
                "PersistedQueryNotSupported");
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The operation to run, or the message why there is none (GraphQL specification, section 6.1).
std::variant<CachedOperation*, std::string> choose(CachedDocument& document, std::optional<std::string_view> name) {
  auto& operations = document.operations();
  if (name) {
    auto found = std::ranges::find_if(operations, [&](auto& candidate) { return candidate.node->name.text == *name; });
    if (found == operations.end() || name->empty()) return fmt::format("There is no operation \"{}\".", *name);
    return &*found;
  }
  if (operations.empty()) return "The document has no operation.";
  if (operations.size() > 1) return "The document has several operations: say which one by operationName.";
  return &operations.front();
}

Async<Response> at_once(Response response) {
  co_return response;
}

}  // namespace

ast::OperationKind PreparedOperation::kind() const {
  return operation_->node->operation;
}

std::string_view PreparedOperation::name() const {
  return operation_->node->name.text;
}

GraphqlService::GraphqlService(SchemaPointer schema, ServiceOptions options)
    : schema_(std::move(schema)),
      options_(std::move(options)),
      cache_(std::make_unique<OperationCache>(options_.cache_bytes_max)),
      persisted_(options_.persisted_bytes_max),
      internal_errors_(std::make_unique<InternalErrors>(options_.on_internal_error)) {
  for (auto& [id, text] : options_.trusted_documents) persisted_.trust(id, text);
}

GraphqlService::~GraphqlService() = default;

void GraphqlService::replace_schema(SchemaPointer schema) {
  schema_ = std::move(schema);
  cache_->clear();
}

GraphqlService::CacheCounts GraphqlService::cache_counts() const {
  return {cache_hits_, cache_misses_, cache_->size(), cache_->bytes()};
}

std::variant<GraphqlService::Source, Response> GraphqlService::find_source(const Request& request) {
  auto* persisted = request.extensions == nullptr ? nullptr : request.extensions->find("persistedQuery");
  if (persisted != nullptr && !persisted->is_null()) return find_persisted(request, *persisted);
  if (request.document_id) return find_by_id(request);
  if (!request.query) return malformed("A request must have a \"query\".");
  if (options_.trusted_mode == TrustedDocuments::only && !persisted_.is_trusted_text(*request.query))
    return refuse(Outcome::document_not_trusted, GraphqlErrorCode::forbidden, "Only listed documents are served.");
  return Source{*request.query};
}

std::variant<GraphqlService::Source, Response> GraphqlService::find_by_id(const Request& request) {
  if (request.query) return malformed("A request must not have both \"query\" and \"documentId\".");
  bool trusting = options_.trusted_mode != TrustedDocuments::off;
  if (trusting) {
    if (auto* text = persisted_.find_trusted(*request.document_id)) return Source{*text};
  }
  auto id = *request.document_id;
  bool learning = options_.automatic_persisted_queries && options_.trusted_mode != TrustedDocuments::only;
  if (learning && id.starts_with("sha256:")) {
    if (auto* text = persisted_.find_learnt(id.substr(7))) return Source{*text};
  }
  return trusting || learning ? not_found() : not_supported();
}

std::variant<GraphqlService::Source, Response> GraphqlService::find_persisted(const Request& request,
                                                                              const JsonValue& persisted) {
  if (!persisted.is_object()) return malformed("\"persistedQuery\" must be an object.");
  auto* version = persisted.find("version");
  if (version == nullptr || version->kind() != JsonValue::Kind::integer || version->integer() != 1)
    return malformed("Unsupported persisted query version");
  auto* given = persisted.find("sha256Hash");
  if (given == nullptr || !given->is_string() || !is_sha256_hex(given->string()))
    return malformed("\"sha256Hash\" must be 64 lower-case hexadecimal digits.");
  auto hash = given->string();
  bool matches = !request.query || to_hex(sha256(*request.query)) == hash;
  if (!matches) return malformed("provided sha does not match query");
  if (options_.trusted_mode != TrustedDocuments::off) {
    if (auto* text = persisted_.find_trusted(hash)) return Source{*text};
  }
  if (options_.trusted_mode == TrustedDocuments::only)
    return refuse(Outcome::document_not_trusted, GraphqlErrorCode::forbidden, "Only listed documents are served.");
  if (!options_.automatic_persisted_queries) return not_supported();
  if (request.query) return Source{.text = *request.query, .learn = hash};
  auto* text = persisted_.find_learnt(hash);
  if (text == nullptr) return not_found();
  return Source{*text};
}

std::shared_ptr<CachedDocument> GraphqlService::find_document(std::string_view text) {
  if (auto found = cache_->find(text)) {
    ++cache_hits_;
    return found;
  }
  ++cache_misses_;
  auto document = make_document(text);
  cache_->insert(document);
  return document;
}

std::shared_ptr<CachedDocument> GraphqlService::make_document(std::string_view text) {
  auto& limits = options_.limits;
  auto made = std::make_shared<CachedDocument>(schema_, text);
  auto parsed = parse(text, {.limits = {.tokens_max = limits.tokens_max, .depth_max = limits.nesting_max},
                             .allow_empty_selection_sets = options_.allow_empty_selection_sets});
  if (!parsed) {
    auto error = parsed.error();
    made->fail(error.over_limit ? Outcome::over_limit : Outcome::syntax_error,
               {{.message = error.message,
                 .code = error.over_limit ? GraphqlErrorCode::limit_exceeded : GraphqlErrorCode::graphql_parse_failed,
                 .locations = {locate(text, error.offset)}}});
    return made;
  }
  if (auto breach = check_document(*parsed, limits)) {
    made->fail(Outcome::over_limit, {std::move(*breach)});
    return made;
  }
  bool introspection = options_.introspection || options_.trusted_mode == TrustedDocuments::only;
  auto errors = validate(*schema_, *parsed,
                         {.errors_max = limits.validation_errors_max,
                          .suggestions = options_.introspection,
                          .introspection = introspection});
  if (errors.empty()) {
    made->accept(std::move(*parsed));
  } else {
    made->fail(Outcome::invalid_document, std::move(errors));
  }
  return made;
}

std::variant<PreparedOperation, Response> GraphqlService::prepare(const Request& request) {
  try {
    return prepare_checked(request);
  } catch (const std::exception& failed) {
    auto error = internal_errors_->mask(failed.what());
    return error_response(Outcome::internal_failure, {&error, 1});
  }
}

std::variant<PreparedOperation, Response> GraphqlService::prepare_checked(const Request& request) {
  auto source = find_source(request);
  if (auto* refused = std::get_if<Response>(&source)) return std::move(*refused);
  auto& [text, learn] = std::get<Source>(source);
  PreparedOperation prepared;
  prepared.document_ = find_document(text);
  auto& document = *prepared.document_;
  if (!document.is_valid()) return error_response(document.outcome(), document.errors());
  if (!learn.empty()) persisted_.learn(learn, text);

  auto chosen = choose(document, request.operation_name);
  if (auto* message = std::get_if<std::string>(&chosen))
    return refuse(Outcome::no_such_operation, GraphqlErrorCode::operation_resolution_failure, std::move(*message));
  prepared.operation_ = std::get<CachedOperation*>(chosen);
  if (request.read_only && prepared.kind() == ast::OperationKind::mutation)
    return refuse(Outcome::mutation_over_get, GraphqlErrorCode::bad_request, "A mutation needs a POST request.");
  if (auto errors = bind(prepared, request); !errors.empty()) return error_response(Outcome::invalid_variables, errors);
  if (auto errors = plan(prepared); !errors.empty()) return error_response(Outcome::over_limit, errors);
  return prepared;
}

// Gives the variables their values; returns what is wrong with them.
std::vector<GraphqlError> GraphqlService::bind(PreparedOperation& prepared, const Request& request) {
  auto& variables = prepared.operation_->variables;
  if (variables.empty()) return {};
  prepared.arena_ = std::make_shared<Arena>(512);
  VariableCoercion options{.document = prepared.document_->text(),
                           .errors_max = options_.limits.variable_errors_max,
                           .suggestions = options_.introspection};
  return coerce_variables(variables, request.variables, *prepared.arena_, options, prepared.variables_);
}

// Finds or compiles the plan and checks what the operation costs; returns which limit it breaks.
std::vector<GraphqlError> GraphqlService::plan(PreparedOperation& prepared) {
  auto& operation = *prepared.operation_;
  auto& document = *prepared.document_;
  auto inclusions = inclusions_of(operation.conditions, prepared.variables_);
  Bindings bindings{document.text(), operation.variables, prepared.variables_};
  auto found = std::ranges::find(operation.plans, inclusions, &CachedPlan::inclusions);
  CachedPlan made;
  CachedPlan* cached = &made;
  if (found != operation.plans.end()) {
    cached = &*found;
  } else {
    auto compiled = compile_plan({.schema = document.schema().get(),
                                  .document = document.text(),
                                  .operation = operation.node,
                                  .variables = operation.variables,
                                  .conditions = operation.conditions,
                                  .inclusions = inclusions},
                                 options_.limits);
    if (!compiled) return {std::move(compiled).error()};
    made = {std::move(inclusions), std::move(*compiled)};
    made.cost = check_operation(*made.plan, bindings, options_.limits);
    if (operation.plans.size() < plans_kept_max) {
      operation.plans.push_back(std::move(made));
      cached = &operation.plans.back();
      cache_->grow(document, cached->plan->arena->bytes_reserved());
    }
  }
  auto cost =
      cached->plan->pages_are_constant ? cached->cost : check_operation(*cached->plan, bindings, options_.limits);
  prepared.plan_ = cached->plan;
  prepared.complexity_ = cost.complexity;
  if (cost.breach) return {std::move(*cost.breach)};
  return {};
}

Async<Response> GraphqlService::run(Request request, Resolver& resolver) {
  auto prepared = prepare(request);
  if (auto* response = std::get_if<Response>(&prepared)) return at_once(std::move(*response));
  auto& operation = std::get<PreparedOperation>(prepared);
  if (operation.kind() == ast::OperationKind::subscription)
    return at_once(refuse(Outcome::subscription_without_stream, GraphqlErrorCode::bad_request,
                          "A subscription needs a transport that can stream."));
  return execute(std::move(operation), resolver);
}

Async<Response> GraphqlService::execute(PreparedOperation operation, Resolver& resolver, ObjectHandle root) {
  if (auto& known = operation.operation_->introspection)
    co_return Response{.operation = operation.kind(), .body_shared = known};
  Execution execution(operation, options_, resolver, *internal_errors_, root);
  while (execution.advance()) {
    std::string failure;
    try {
      co_await resolver.resolve(execution.waiting());
      continue;
    } catch (const std::exception& failed) {
      failure = failed.what();
    }
    execution.fail_waiting(failure);
  }
  auto response = execution.finish();
  remember(operation, response);
  co_return response;
}

void GraphqlService::remember(const PreparedOperation& prepared, Response& response) {
  auto& operation = *prepared.operation_;
  operation.response_bytes = std::min(response.body.size(), response_guess_max);
  if (!prepared.plan_->introspection_only || !operation.variables.empty() || response.outcome != Outcome::data) return;
  operation.introspection = std::make_shared<const std::string>(std::move(response.body));
  response.body.clear();
  response.body_shared = operation.introspection;
  cache_->grow(*prepared.document_, operation.introspection->size());
}

}  // namespace millrace::graphql
