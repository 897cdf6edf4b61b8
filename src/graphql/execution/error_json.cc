#include "graphql/execution/error_json.h"

#include "base/json_writer.h"

namespace millrace::graphql {
namespace {

void write_locations(JsonWriter& json, std::span<const SourceLocation> locations) {
  json.key("locations").open_array();
  for (auto& location : locations)
    json.open_object().key("line").integer(location.line).key("column").integer(location.column).close_object();
  json.close_array();
}

void write_path(JsonWriter& json, std::span<const PathSegment> path) {
  json.key("path").open_array();
  for (auto& segment : path) {
    if (auto* name = std::get_if<std::string>(&segment)) {
      json.string(*name);
    } else {
      json.integer(std::get<std::uint32_t>(segment));
    }
  }
  json.close_array();
}

void write_error(JsonWriter& json, const GraphqlError& error) {
  json.open_object().key("message").string(error.message);
  if (!error.locations.empty()) write_locations(json, error.locations);
  if (!error.path.empty()) write_path(json, error.path);
  json.key("extensions").open_object().key("code").string(to_string(error.code));
  for (auto& [name, value] : error.extensions) json.key(name).raw(value);
  json.close_object().close_object();
}

}  // namespace

void append_errors(std::string& out, std::span<const GraphqlError> errors) {
  JsonWriter json(out);
  json.open_array();
  for (auto& error : errors) write_error(json, error);
  json.close_array();
}

}  // namespace millrace::graphql
