// env: what an application needs to know, as lines for a .env file.

#include <fmt/format.h>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "delivery/signature.h"
#include "front/qstash/door.h"
#include "server/commands/commands.h"
#include "server/credentials.h"
#include "server/running_server.h"

namespace millrace::server {

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

struct Places {
  std::string http{};   // "http://127.0.0.1:8080"
  std::string redis{};  // "127.0.0.1:6379"
  bool tls = false;
};

void add_database(Lines& lines, const Places& places, const std::string& secret) {
  lines.emplace_back("REDIS_URL",
                     fmt::format("{}://default:{}@{}", places.tls ? "rediss" : "redis", secret, places.redis));
  lines.emplace_back("UPSTASH_REDIS_REST_URL", places.http + "/redis");
  lines.emplace_back("UPSTASH_REDIS_REST_TOKEN", secret);
}

void print(const Lines& lines, Output output) {
  if (output == Output::people) {
    for (const auto& [name, value] : lines) fmt::print("{}={}\n", name, value);
    return;
  }
  std::string text;
  JsonWriter json(text);
  json.open_object();
  for (const auto& [name, value] : lines) json.key(name).string(value);
  json.close_object();
  fmt::print("{}\n", text);
}

}  // namespace

int run_env(const Options& options, const std::string& database, Output output) {
  auto credentials = load_credentials(options.data);
  if (!credentials && credentials.error().code == ErrorCode::not_found) return fail(no_data_yet(options.data));
  if (!credentials) return fail(credentials.error());
  auto running = read_running_server(options.data);
  bool tls = running ? running->tls : options.tls();
  Places places{.http = url_of(running ? running->http : options.http.text(), tls),
                .redis = running && !running->redis.empty() ? running->redis : options.redis.text(),
                .tls = tls};
  Lines lines;
  if (!database.empty()) {
    auto secret = secret_of_database(options, database);
    if (!secret) return fail(secret.error());
    add_database(lines, places, *secret);
  } else {
    lines.emplace_back("GRAPHQL_URL", places.http + "/graphql");
    add_database(lines, places, credentials->database_secret);
    lines.emplace_back("UPSTASH_KAFKA_REST_URL", places.http + "/kafka");
    lines.emplace_back("UPSTASH_KAFKA_REST_USERNAME", credentials->kafka_username);
    lines.emplace_back("UPSTASH_KAFKA_REST_PASSWORD", credentials->kafka_password);
    lines.emplace_back("QSTASH_URL", places.http);
    lines.emplace_back("QSTASH_TOKEN", credentials->qstash_token);
    lines.emplace_back("QSTASH_READ_ONLY_TOKEN", front::read_only_token(credentials->qstash_token));
    lines.emplace_back("QSTASH_CURRENT_SIGNING_KEY", credentials->signing_key_current);
    lines.emplace_back("QSTASH_NEXT_SIGNING_KEY", credentials->signing_key_next);
    lines.emplace_back("WEBHOOK_SECRET", delivery::webhook_secret(credentials->signing_key_next));
  }
  print(lines, output);
  return 0;
}

}  // namespace millrace::server
