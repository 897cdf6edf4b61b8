#include "front/graphql_routes.h"

#include <array>
#include <fmt/format.h>
#include <memory>

#include "base/json.h"
#include "base/json_writer.h"
#include "front/assets/assets.h"
#include "front/media_type.h"
#include "front/pages.h"
#include "graphql/schema/print.h"

namespace millrace::front {
namespace {

using graphql::GraphqlErrorCode;
using graphql::Outcome;
using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view allowed_methods = "GET, POST, OPTIONS";

// The first is what a client without wishes gets.
constexpr std::array<std::string_view, 2> result_types = {"application/json", "application/graphql-response+json"};
constexpr std::array<std::string_view, 2> result_headers = {"application/json; charset=utf-8",
                                                            "application/graphql-response+json; charset=utf-8"};

// What a request says, with the memory it points into.
struct Asked {
  graphql::Request request{};
  std::optional<JsonDocument> body{};
  std::optional<JsonDocument> variables{};   // of a GET
  std::optional<JsonDocument> extensions{};  // of a GET
  std::vector<std::string> texts{};          // of a GET
};

class GraphqlRoutes {
 public:
  GraphqlRoutes(app::Service& service, GraphqlRoutesOptions options)
      : service_(service), options_(std::move(options)) {}

  Async<HttpResponse> get(HttpRequest& request) {
    if (options_.playground && wants_page(request)) return ready(page(request, graphql_page));
    return respond(request);
  }

  Async<HttpResponse> post(HttpRequest& request) { return respond(request); }

  HttpResponse options() const {
    HttpResponse response{.status = 204};
    response.add_header("allow", allowed_methods);
    return response;
  }

  HttpResponse schema() const {
    if (!options_.introspection) return json_error(404, "the schema is not shown: introspection is off");
    return {.content_type = "text/plain; charset=utf-8",
            .body = graphql::print_schema(*service_.model()->schema) + "\n"};
  }

 private:
  // A browser that opens the address, as opposed to a client that queries it.
  static bool wants_page(const HttpRequest& request) {
    constexpr std::array<std::string_view, 3> offers = {"application/json", "application/graphql-response+json",
                                                        "text/html"};
    auto accept = request.header("accept");
    return accept && choose_media_type(accept, offers) == 2;
  }

  Async<HttpResponse> respond(HttpRequest& request) {
    auto type = choose_media_type(request.header("accept"), result_types);
    if (!type) {
      HttpResponse refused =
          refusal(406, "this endpoint answers application/json or application/graphql-response+json");
      refused.content_type = result_header(406, 0);
      co_return refused;
    }
    Asked asked;
    std::optional<HttpResponse> refused =
        request.method == "GET" ? read_query(request, asked) : read_body(request, asked);
    if (refused) {
      refused->content_type = result_header(refused->status, *type);
      co_return std::move(*refused);
    }
    app::RequestIdentity identity{.idempotency_key = std::string(request.header("idempotency-key").value_or(""))};
    graphql::Response response = co_await service_.run(asked.request, std::move(identity));
    co_return write(response, *type);
  }

  HttpResponse write(graphql::Response& response, std::size_t type) const {
    int status = graphql_status(response.outcome, type == 1, options_.statuses);
    HttpResponse http{.status = status, .content_type = result_header(status, type)};
    if (response.body_shared) {
      http.static_body = *response.body_shared;
      http.static_owner = response.body_shared;
    } else if (response.head.empty() && response.body_skip == 0) {
      http.body = std::move(response.body);
    } else {
      http.body = response.text();
    }
    http.add_header("vary", "Accept");
    if (response.outcome == Outcome::mutation_over_get) http.add_header("allow", "POST");
    if (response.outcome == Outcome::persisted_query_not_found ||
        response.outcome == Outcome::persisted_query_not_supported) {
      http.add_header("cache-control", "private, no-cache, must-revalidate");
    } else if (response.operation == graphql::ast::OperationKind::mutation) {
      http.add_header("cache-control", "no-store");
    }
    return http;
  }

  // The draft gives failures in the type of its own whatever the client asked for.
  std::string_view result_header(int status, std::size_t type) const {
    bool own = status >= 400 && options_.statuses == StatusProfile::draft_2026;
    return result_headers[own ? 1 : type];
  }

  // A request that never reaches the service, in the form of a GraphQL response.
  static HttpResponse refusal(int status, std::string message, GraphqlErrorCode code = GraphqlErrorCode::bad_request) {
    std::array errors = {graphql::GraphqlError{.message = std::move(message), .code = code}};
    HttpResponse response{.status = status, .content_type = result_headers[0]};
    response.body = graphql::error_response(Outcome::malformed_request, errors).text();
    response.add_header("vary", "Accept");
    return response;
  }

  HttpResponse malformed(std::string message) const {
    return refusal(options_.statuses == StatusProfile::audited ? 400 : 422, std::move(message));
  }

  std::optional<HttpResponse> read_body(HttpRequest& request, Asked& asked) const {
    auto header = request.header("content-type");
    ContentType type = parse_content_type(header.value_or(""));
    bool utf8 = type.charset.empty() || net::equal_ignoring_case(type.charset, "utf-8") ||
                net::equal_ignoring_case(type.charset, "utf8");
    if (!net::equal_ignoring_case(type.essence, "application/json") || !utf8) {
      return refusal(415, "send the request as application/json in UTF-8");
    }
    auto body = JsonDocument::parse_padded(request.body);
    if (!body) return refusal(400, "the body is not JSON: " + body.error().message);
    asked.body.emplace(std::move(*body));
    const JsonValue& root = asked.body->root();
    if (root.is_array()) return malformed("batches of requests are switched off: send one JSON object");
    if (!root.is_object()) return malformed("the body must be a JSON object with a \"query\"");
    auto read = graphql::read_request(root);
    if (!read) return malformed(read.error().message);
    asked.request = *read;
    return check_size(asked, request.body.size());
  }

  // Bodies below the limit cannot hold variables above it.
  std::optional<HttpResponse> check_size(const Asked& asked, std::size_t bytes) const {
    if (bytes <= options_.variables_bytes_max || asked.request.variables == nullptr) return {};
    std::string text;
    append_json(text, *asked.request.variables);
    if (text.size() <= options_.variables_bytes_max) return {};
    return refusal(
        options_.statuses == StatusProfile::audited ? 400 : 422,
        fmt::format("the variables have {} bytes; the limit is {}", text.size(), options_.variables_bytes_max),
        GraphqlErrorCode::limit_exceeded);
  }

  std::optional<HttpResponse> read_query(HttpRequest& request, Asked& asked) const {
    asked.texts.reserve(8);  // views into them must stay
    for (auto& [name, value] : net::parse_query(request.query)) {
      if (value.empty()) continue;  // an empty parameter is an absent one
      std::string_view text = asked.texts.size() < 8 ? asked.texts.emplace_back(std::move(value)) : std::string_view{};
      if (name == "query") asked.request.query = text;
      if (name == "operationName") asked.request.operation_name = text;
      if (name == "documentId") asked.request.document_id = text;
      if (name == "variables" || name == "extensions") {
        auto& document = name == "variables" ? asked.variables : asked.extensions;
        auto parsed = JsonDocument::parse(text);
        bool object = parsed && (parsed->root().is_object() || parsed->root().is_null());
        if (!object) return malformed(fmt::format("\"{}\" must be a JSON object", name));
        document.emplace(std::move(*parsed));
        if (document->root().is_null()) continue;
        (name == "variables" ? asked.request.variables : asked.request.extensions) = &document->root();
      }
    }
    asked.request.read_only = true;
    return {};
  }

  app::Service& service_;
  GraphqlRoutesOptions options_;
};

}  // namespace

int graphql_status(Outcome outcome, bool own_media_type, StatusProfile profile) {
  bool draft = profile == StatusProfile::draft_2026;
  int refused = draft ? 422 : own_media_type ? 400 : 200;
  switch (outcome) {
    case Outcome::data: return 200;
    case Outcome::data_and_errors: return draft && own_media_type ? 294 : 200;
    case Outcome::malformed_request: return draft ? 422 : 400;
    case Outcome::syntax_error: return draft ? 400 : refused;
    case Outcome::invalid_document:
    case Outcome::over_limit:
    case Outcome::no_such_operation:
    case Outcome::invalid_variables:
    case Outcome::subscription_without_stream: return refused;
    case Outcome::mutation_over_get: return 405;
    case Outcome::persisted_query_not_found:
    case Outcome::persisted_query_not_supported: return 200;
    case Outcome::document_not_trusted: return 403;
    case Outcome::internal_failure: return 500;
  }
  return 500;
}

std::vector<Route> graphql_routes(app::Service& service, GraphqlRoutesOptions options) {
  std::string endpoint = options.endpoint;
  auto routes = std::make_shared<GraphqlRoutes>(service, std::move(options));
  auto answer = [routes](HttpRequest& request) -> Async<HttpResponse> {
    if (request.method == "POST") return routes->post(request);
    if (request.method == "GET") return routes->get(request);
    return ready(routes->options());
  };
  return {
      {.methods = std::string(allowed_methods), .path = endpoint, .handle = answer},
      {.methods = "GET, HEAD",
       .path = endpoint + "/schema.graphql",
       .handle = [routes](HttpRequest&) { return ready(routes->schema()); }},
  };
}

}  // namespace millrace::front
