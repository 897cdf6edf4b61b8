// Speaks to the GraphQL engine line by line, for tests that compare it with other engines: one JSON request per line on
// the standard input, one JSON answer per line on the standard output, in order.
//
//   {"op":"parse", "query"}                                          {"stage":"ok", "print"} or an error
//   {"op":"schema", "sdl"}                                           {"stage":"ok", "print"} or all errors
//   {"op":"validate", "sdl", "query"}                                {"stage":"ok"} or all errors
//   {"op":"exec", "sdl", "data", "query", "variables", "operationName"}   {"stage":"execute", "errors", "data"}, …
//
// An answer's `stage` says how far the request came: schema, parse, validate, request, execute, ok. Limits are wide
// open, so that only the language decides. Schemas are kept by their text.

#include <iostream>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/json.h"
#include "base/json_writer.h"
#include "graphql/execution/error_json.h"
#include "graphql/execution/json_resolver.h"
#include "graphql/execution/service.h"
#include "graphql/language/parser.h"
#include "graphql/language/printer.h"
#include "graphql/schema/build.h"
#include "graphql/schema/print.h"
#include "graphql/validation/validate.h"

namespace millrace::graphql {
namespace {

constexpr std::uint32_t unlimited = 1'000'000'000;
constexpr std::size_t schemas_kept_max = 64;

ServiceOptions open_options() {
  ServiceOptions options;
  options.limits = {.tokens_max = unlimited,
                    .nesting_max = 200,
                    .depth_max = 1000,
                    .aliases_max = unlimited,
                    .root_fields_max = unlimited,
                    .directives_max = unlimited,
                    .complexity_max = ~std::uint64_t{0},
                    .page_size_max = ~std::uint32_t{0},
                    .plan_steps_max = 10'000'000,
                    .validation_errors_max = 100,
                    .variable_errors_max = 50,
                    .execution_time_max = std::chrono::minutes{5},
                    .response_bytes_max = std::size_t{1} << 30};
  return options;
}

struct KnownSchema {
  SchemaPointer schema{};
  std::string failure{};  // the answer when it is wrong
  std::unique_ptr<GraphqlService> service{};
};

std::string answer(std::string_view stage, std::string_view members = {}) {
  std::string line = R"({"stage":")";
  line.append(stage).append("\"").append(members).append("}");
  return line;
}

std::string errors_member(std::span<const GraphqlError> errors) {
  std::string member = R"(,"errors":)";
  append_errors(member, errors);
  return member;
}

std::string print_member(const std::string& text) {
  std::string member = R"(,"print":)";
  append_json_string(member, text);
  return member;
}

std::string_view text_of(const JsonValue& request, std::string_view name) {
  auto* member = request.find(name);
  return member != nullptr && member->is_string() ? member->string() : std::string_view{};
}

const JsonValue* object_of(const JsonValue& request, std::string_view name) {
  auto* member = request.find(name);
  return member != nullptr && member->is_object() ? member : nullptr;
}

std::string_view stage_name(Outcome outcome) {
  switch (stage_of(outcome)) {
    case Stage::parse: return "parse";
    case Stage::validate: return "validate";
    case Stage::request: return "request";
    case Stage::execute: return "execute";
  }
  return {};
}

std::string syntax_answer(std::string_view text, const SyntaxError& error) {
  GraphqlError shown{.message = error.message,
                     .code = GraphqlErrorCode::graphql_parse_failed,
                     .locations = {locate(text, error.offset)}};
  return answer("parse", errors_member({&shown, 1}));
}

std::string schema_errors(const SchemaErrors& errors) {
  std::vector<GraphqlError> shown;
  for (auto& error : errors)
    shown.push_back({.message = error.message,
                     .code = GraphqlErrorCode::graphql_validation_failed,
                     .locations = {{error.line, error.column}}});
  return answer("schema", errors_member(shown));
}

class Harness {
 public:
  std::string serve(std::string_view line) {
    auto document = JsonDocument::parse(line, 512);
    if (!document) return answer("harness", R"(,"errors":[{"message":"the line is no JSON"}])");
    auto& request = document->root();
    auto op = text_of(request, "op");
    if (op == "parse") return parse_only(text_of(request, "query"));
    auto& known = find(text_of(request, "sdl"));
    if (!known.failure.empty()) return known.failure;
    if (op == "schema") return answer("ok", print_member(print_schema(*known.schema)));
    if (op == "validate") return validate_only(*known.schema, text_of(request, "query"));
    return execute(known, request);
  }

 private:
  KnownSchema& find(std::string_view sdl) {
    if (auto found = known_.find(std::string(sdl)); found != known_.end()) return found->second;
    if (known_.size() >= schemas_kept_max) known_.clear();
    auto& made = known_[std::string(sdl)];
    auto built = build_schema(sdl);
    if (!built) {
      made.failure = schema_errors(built.error());
    } else {
      made.schema = *built;
      made.service = std::make_unique<GraphqlService>(made.schema, open_options());
    }
    return made;
  }

  static std::string parse_only(std::string_view text) {
    auto document = parse(text, {.limits = {.tokens_max = unlimited}});
    return document ? answer("ok", print_member(print(*document))) : syntax_answer(text, document.error());
  }

  static std::string validate_only(const Schema& schema, std::string_view text) {
    auto document = parse(text, {.limits = {.tokens_max = unlimited}});
    if (!document) return syntax_answer(text, document.error());
    auto errors = validate(schema, *document);
    return errors.empty() ? answer("ok") : answer("validate", errors_member(errors));
  }

  static std::string execute(KnownSchema& known, const JsonValue& json) {
    static const JsonValue nothing;
    auto* data = object_of(json, "data");
    JsonResolver resolver(*known.schema, data == nullptr ? nothing : *data);
    Request request{.query = text_of(json, "query"), .variables = object_of(json, "variables")};
    if (auto* name = json.find("operationName"); name != nullptr && name->is_string())
      request.operation_name = name->string();
    auto response = run(*known.service, request, resolver);
    // Its members behind the stage's.
    return answer(stage_name(response.outcome), "," + response.text().substr(1, response.size() - 2));
  }

  // Subscriptions are executed as the event they would get, with the fixture as its value.
  static Response run(GraphqlService& service, const Request& request, Resolver& resolver) {
    auto prepared = service.prepare(request);
    if (auto* refused = std::get_if<Response>(&prepared)) return std::move(*refused);
    return take_now(service.execute(std::move(std::get<PreparedOperation>(prepared)), resolver));
  }

  std::unordered_map<std::string, KnownSchema> known_{};
};

}  // namespace
}  // namespace millrace::graphql

int main() {
  std::ios::sync_with_stdio(false);
  millrace::graphql::Harness harness;
  for (std::string line; std::getline(std::cin, line);) std::cout << harness.serve(line) << '\n' << std::flush;
}
