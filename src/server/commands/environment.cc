// env: what an application needs to know, as lines for a .env file.

#include <fmt/format.h>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "server/commands/commands.h"
#include "server/credentials.h"
#include "server/running_server.h"

namespace millrace::server {

int run_env(const Options& options, Output output) {
  auto credentials = load_credentials(options.data);
  if (!credentials && credentials.error().code == ErrorCode::not_found) {
    return fail({ErrorCode::not_found, fmt::format("{} holds no data yet: start millrace dev once, or name the folder "
                                                   "with --data DIR",
                                                   options.data)});
  }
  if (!credentials) return fail(credentials.error());
  auto running = read_running_server(options.data);
  std::string url = url_of(running ? running->http : options.http.text());
  std::vector<std::pair<std::string, std::string>> lines = {
      {"GRAPHQL_URL", url + "/graphql"},
      {"UPSTASH_REDIS_REST_URL", url + "/redis"},
      {"UPSTASH_REDIS_REST_TOKEN", credentials->database_secret},
      {"QSTASH_CURRENT_SIGNING_KEY", credentials->signing_key_current},
      {"QSTASH_NEXT_SIGNING_KEY", credentials->signing_key_next},
  };
  if (output == Output::people) {
    for (const auto& [name, value] : lines) fmt::print("{}={}\n", name, value);
    return 0;
  }
  std::string text;
  JsonWriter json(text);
  json.open_object();
  for (const auto& [name, value] : lines) json.key(name).string(value);
  json.close_object();
  fmt::print("{}\n", text);
  return 0;
}

}  // namespace millrace::server
