#include <algorithm>
#include <fmt/format.h>
#include <thread>

#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "net/http.h"
#include "net/http_fetch.h"
#include "server/import/peer.h"

namespace millrace::server {
namespace {

using Kind = RedisReply::Kind;

// Strings come in base64, so that bytes stay what they are; a status OK alone does not.
std::string decoded(std::string_view text) {
  if (text == "OK") return "OK";
  std::string url_form(text);
  std::ranges::replace(url_form, '+', '-');
  std::ranges::replace(url_form, '/', '_');
  while (url_form.ends_with('=')) url_form.pop_back();
  auto bytes = base64url_decode(url_form);
  return bytes ? std::move(*bytes) : std::string(text);
}

RedisReply reply_of(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::null: return {};
    case JsonValue::Kind::boolean: return {.kind = Kind::integer, .integer = value.boolean() ? 1 : 0};
    case JsonValue::Kind::integer: return {.kind = Kind::integer, .integer = value.integer()};
    case JsonValue::Kind::number: return {.kind = Kind::text, .text = fmt::format("{}", value.number())};
    case JsonValue::Kind::string: return {.kind = Kind::text, .text = decoded(value.string())};
    case JsonValue::Kind::object: return {.kind = Kind::error, .text = "ERR an object where a value was expected"};
    case JsonValue::Kind::array: break;
  }
  RedisReply reply{.kind = Kind::array};
  for (const JsonValue& item : value.items()) reply.elements.push_back(reply_of(item));
  return reply;
}

// {"result":…} or {"error":"…"}.
RedisReply outcome_of(const JsonValue& item) {
  const JsonValue* error = item.find("error");
  if (error != nullptr && error->is_string()) return {.kind = Kind::error, .text = std::string(error->string())};
  const JsonValue* result = item.find("result");
  return result != nullptr ? reply_of(*result) : RedisReply{.kind = Kind::error, .text = "ERR no result came"};
}

// JSON carries text only.
bool is_text(std::string_view bytes) {
  std::string as_it_is;
  std::string repaired;
  append_json_string(as_it_is, bytes);
  append_json_string_repaired(repaired, bytes);
  return as_it_is == repaired;
}

std::string json_of(std::span<const RedisCommand> commands) {
  std::string body;
  JsonWriter json(body);
  json.open_array();
  for (const RedisCommand& command : commands) {
    json.open_array();
    for (const std::string& word : command) json.string(word);
    json.close_array();
  }
  json.close_array();
  return body;
}

class RestPeer final : public Peer {
 public:
  explicit RestPeer(const SourceAddress& address) : address_(address) {}

  // Commands that are text go together; others one by one in the path, where any byte has an escape.
  Result<std::vector<RedisReply>> run(const std::vector<RedisCommand>& commands) override {
    std::vector<RedisReply> replies;
    std::size_t sent = 0;
    while (sent < commands.size()) {
      std::size_t end = sent;
      while (end < commands.size() && std::ranges::all_of(commands[end], is_text)) ++end;
      auto done = end > sent ? pipeline(std::span(commands).subspan(sent, end - sent), replies)
                             : by_path(commands[end++], replies);
      if (!done) return done.error();
      sent = end;
    }
    return replies;
  }

  std::size_t commands_together() const override { return 1'000; }

 private:
  Result<JsonDocument> ask(const net::FetchRequest& request) {
    constexpr int attempts_max = 5;
    for (int attempt = 1;; ++attempt) {
      auto answer = net::fetch(request);
      if (!answer) return answer.error();
      bool later = answer->status == 429 || answer->status >= 500;
      if (later && attempt < attempts_max) {
        std::this_thread::sleep_for(std::chrono::milliseconds(250) * (1 << attempt));
        continue;
      }
      auto document = JsonDocument::parse(answer->body);
      if (document && (answer->status == 200 || answer->status == 400)) return document;
      return refusal(answer->status, document);
    }
  }

  Error refusal(int status, const Result<JsonDocument>& document) const {
    const JsonValue* error = document ? document->root().find("error") : nullptr;
    std::string reason = error != nullptr && error->is_string() ? ": " + std::string(error->string()) : "";
    std::string advice = status == 401 || status == 403 ? "; is this its token?"
                         : status == 404                ? "; is this its REST URL?"
                                                        : "";
    return {ErrorCode::denied, fmt::format("{} answered {}{}{}", address_.rest_url, status, reason, advice)};
  }

  net::FetchRequest request(std::string path) const {
    return {.url = address_.rest_url + path,
            .headers = {"authorization: Bearer " + address_.password, "upstash-encoding: base64",
                        "content-type: application/json"}};
  }

  Result<void> pipeline(std::span<const RedisCommand> commands, std::vector<RedisReply>& replies) {
    net::FetchRequest asked = request("/pipeline");
    asked.method = "POST";
    asked.body = json_of(commands);
    auto document = ask(asked);
    if (!document) return document.error();
    const JsonValue& root = document->root();
    if (!root.is_array() || root.items().size() != commands.size()) return refusal(200, document);
    for (const JsonValue& item : root.items()) replies.push_back(outcome_of(item));
    return {};
  }

  Result<void> by_path(const RedisCommand& command, std::vector<RedisReply>& replies) {
    std::string path;
    for (const std::string& word : command) path += "/" + net::percent_encode(word);
    auto document = ask(request(path));
    if (!document) return document.error();
    replies.push_back(outcome_of(document->root()));
    return {};
  }

  SourceAddress address_;
};

}  // namespace

Result<std::unique_ptr<Peer>> open_rest(const SourceAddress& address) {
  auto peer = std::make_unique<RestPeer>(address);
  auto pong = peer->run({{"PING"}});
  if (!pong) return pong.error();
  if (pong->front().is_error()) {
    return Error{ErrorCode::denied, fmt::format("{} refuses: {}", address.rest_url, pong->front().text)};
  }
  return peer;
}

}  // namespace millrace::server
