// check and explain: what a schema file means, without serving it.

#include <fmt/format.h>

#include "app/explain.h"
#include "base/json_writer.h"
#include "server/apps.h"
#include "server/commands/commands.h"
#include "server/credentials.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

std::string faults_json(const graphql::SchemaErrors& errors) {
  std::string text;
  JsonWriter json(text);
  json.open_array();
  for (const auto& error : errors) {
    json.open_object()
        .key("file")
        .string(error.file)
        .key("line")
        .integer(error.line)
        .key("column")
        .integer(error.column);
    json.key("message").string(error.message);
    if (!error.suggestion.empty()) json.key("suggestion").string(error.suggestion);
    json.close_object();
  }
  json.close_array();
  return text;
}

}  // namespace

int run_check(const std::string& file, Output output) {
  auto text = read_file(file);
  if (!text) return fail(text.error());
  auto model = compile_text(*text, file);
  if (output == Output::json) {
    fmt::print("{}\n", model ? "[]" : faults_json(model.error()));
    return model ? 0 : 1;
  }
  if (!model) {
    print_problem(describe(model.error()));
    return 1;
  }
  fmt::print("{} is fine: {} {}, {} {}, {} {}\n", file, (*model)->entities.size(),
             (*model)->entities.size() == 1 ? "entity" : "entities", (*model)->commands.size(),
             (*model)->commands.size() == 1 ? "mutation" : "mutations", (*model)->queries.size(),
             (*model)->queries.size() == 1 ? "query" : "queries");
  return 0;
}

int run_explain(const std::string& file) {
  auto text = read_file(file);
  if (!text) return fail(text.error());
  auto model = compile_text(*text, file);
  if (!model) {
    print_problem(describe(model.error()));
    return 1;
  }
  fmt::print("{}", app::explain(**model));
  return 0;
}

}  // namespace millrace::server
