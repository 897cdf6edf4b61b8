#include "server/running_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "server/credentials.h"

namespace millrace::server {
namespace {

std::string path_in(const std::string& folder) {
  return folder + "/server.json";
}

}  // namespace

std::optional<RunningServer> read_running_server(const std::string& folder) {
  auto text = read_file(path_in(folder));
  auto document = text ? JsonDocument::parse(*text) : Result<JsonDocument>(text.error());
  if (!document) return {};
  const JsonValue* process = document->root().find("process");
  const JsonValue* http = document->root().find("http");
  if (process == nullptr || process->kind() != JsonValue::Kind::integer || http == nullptr || !http->is_string())
    return {};
  const JsonValue* redis = document->root().find("redis");
  const JsonValue* tls = document->root().find("tls");
  return RunningServer{.process = static_cast<int>(process->integer()),
                       .http = std::string(http->string()),
                       .tls = tls != nullptr && tls->boolean(),
                       .redis = redis != nullptr && redis->is_string() ? std::string(redis->string()) : std::string()};
}

Result<void> write_running_server(const std::string& folder, const RunningServer& server) {
  std::string text;
  JsonWriter json(text);
  json.open_object().key("process").integer(server.process).key("http").string(server.http);
  if (server.tls) json.key("tls").boolean(true);
  if (!server.redis.empty()) json.key("redis").string(server.redis);
  json.close_object();
  return save_private_file(path_in(folder), text + "\n");
}

void remove_running_server(const std::string& folder) {
  ::unlink(path_in(folder).c_str());
}

std::string url_of(const std::string& http, bool tls) {
  return (tls ? "https://" : "http://") + http;
}

}  // namespace millrace::server
