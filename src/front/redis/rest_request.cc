#include "front/redis/rest_request.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "base/json.h"
#include "net/http.h"

namespace millrace::front {
namespace {

using net::equal_ignoring_case;
using store::Command;

RestRequest refusal(std::string text) {
  RestRequest request;
  request.error = std::move(text);
  return request;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& letter : upper) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return upper;
}

std::string not_allowed(std::string_view name) {
  return fmt::format("ERR Command \"{}\" is not allowed in REST or it has a special context path", name);
}

// --- The path ---

// The segments, decoded. Slashes in front count as one, so that a base URL may end with one; a slash at the end adds
// nothing.
Command path_words(std::string_view path) {
  Command words;
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return words;
  for (std::string_view segment : net::path_segments(path)) words.push_back(*net::percent_decode(segment));
  return words;
}

void append_query_words(std::string_view query, Command& words) {
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    std::string_view name = pair.substr(0, pair.find('='));
    std::string word = *net::percent_decode(name, net::Decoding::lenient, net::Plus::space);
    if (word == "_token") continue;
    words.push_back(std::move(word));
    if (name.size() == pair.size()) continue;
    words.push_back(*net::percent_decode(pair.substr(name.size() + 1), net::Decoding::lenient, net::Plus::space));
  }
}

// --- The body ---

std::string unsupported(JsonValue::Kind kind, std::string_view text) {
  if (kind == JsonValue::Kind::null) return "ERR unsupported arg type: %!q(<nil>): <nil>";
  constexpr std::size_t shown_max = 64;  // enough to find the argument
  return fmt::format("ERR unsupported arg type: {}{}: {}", text.substr(0, shown_max),
                     text.size() > shown_max ? "..." : "", kind == JsonValue::Kind::array ? "array" : "object");
}

// Makes commands of the lists of a body. `batch`: the body is a list of them.
class BodyReader final : public JsonListReader {
 public:
  BodyReader(bool batch, const RestLimits& limits) : batch_(batch), limits_(limits) {}

  bool open_list() override {
    ++depth_;
    if (batch_ && depth_ == 1) return true;
    if (commands.size() == limits_.commands_max) {
      error = fmt::format("ERR max pipeline size exceeded. Limit: {} commands", limits_.commands_max);
      return false;
    }
    commands.emplace_back();
    return true;
  }

  bool close_list() override {
    --depth_;
    return true;
  }

  bool item(JsonValue::Kind kind, std::string_view text) override {
    if (batch_ && depth_ == 1) {
      malformed = true;
      return false;
    }
    if (++words_ > limits_.words_max) {
      error = fmt::format("ERR max number of arguments exceeded. Limit: {}", limits_.words_max);
      return false;
    }
    bool word = kind != JsonValue::Kind::null && kind != JsonValue::Kind::array && kind != JsonValue::Kind::object;
    if (word) {
      commands.back().emplace_back(text);
    } else if (std::size_t index = commands.size() - 1; faults.empty() || faults.back().first != index) {
      faults.emplace_back(index, unsupported(kind, text));
    }
    return true;
  }

  std::vector<Command> commands{};
  std::vector<std::pair<std::size_t, std::string>> faults{};
  std::string error{};     // a limit that was met
  bool malformed = false;  // JSON, but not of this shape

 private:
  bool batch_;
  RestLimits limits_;
  int depth_ = 0;
  std::size_t words_ = 0;
};

// Fails with the text to answer.
Result<BodyReader> read_body(std::string_view body, bool batch, const RestLimits& limits, std::string_view malformed) {
  BodyReader reader(batch, limits);
  int depth = batch ? 2 : 1;
  auto read = read_json_lists(body, depth, reader);
  if (!read) {
    auto replaced = replace_lone_surrogates(body);
    if (replaced) {
      std::size_t size = replaced->size();
      replaced->append(json_padding, '\0');
      reader = BodyReader(batch, limits);
      read = read_json_lists({replaced->data(), size}, depth, reader);
    }
  }
  if (!reader.error.empty()) return Error{ErrorCode::invalid, reader.error};
  if (!read || reader.malformed) return Error{ErrorCode::invalid, std::string(malformed)};
  return reader;
}

RestRequest read_command(const RestInput& input, const RestLimits& limits) {
  auto body = read_body(input.body, false, limits, "ERR failed to parse command");
  if (!body) return refusal(body.error().message);
  if (!body->faults.empty()) return refusal(body->faults.front().second);
  if (body->commands.front().empty()) return refusal("ERR empty command");
  append_query_words(input.query, body->commands.front());
  return {.action = RestAction::command, .commands = std::move(body->commands)};
}

RestRequest read_pipeline(const RestInput& input, const RestLimits& limits) {
  auto body = read_body(input.body, true, limits, "ERR failed to parse pipeline request");
  if (!body) return refusal(body.error().message);
  if (body->commands.empty()) return refusal("ERR empty pipeline request");
  RestRequest request{.action = RestAction::pipeline, .commands = std::move(body->commands)};
  auto fault = body->faults.begin();
  for (std::size_t index = 0; index < request.commands.size(); ++index) {
    Command& command = request.commands[index];
    if (fault != body->faults.end() && fault->first == index) {
      command.clear();
      request.faults.push_back(std::move(*fault++));
    } else if (command.empty()) {
      request.faults.emplace_back(index, "ERR empty pipeline command");
    }
  }
  return request;
}

RestRequest read_transaction(const RestInput& input, const RestLimits& limits) {
  auto body = read_body(input.body, true, limits, "ERR failed to parse transaction request");
  if (!body) return refusal(body.error().message);
  if (body->commands.empty()) return refusal("ERR empty transaction request");
  if (!body->faults.empty()) return refusal(body->faults.front().second);
  if (std::ranges::any_of(body->commands, &Command::empty)) return refusal("ERR empty transaction command");
  return {.action = RestAction::transaction, .commands = std::move(body->commands)};
}

// --- Streams ---

RestRequest read_stream(RestAction action, Command words, const RestInput& input) {
  if (!input.event_stream) return refusal(not_allowed(upper_case(words.front())));
  std::string name = words.front();
  words.erase(words.begin());
  if (words.empty() && action != RestAction::monitor) {
    return refusal(fmt::format("ERR wrong number of arguments for '{}' command", name));
  }
  RestRequest request{.action = action};
  request.commands.push_back(std::move(words));
  return request;
}

struct Place {
  std::string_view name{};
  RestAction action{};
};
constexpr std::array<Place, 5> places = {{
    {"pipeline", RestAction::pipeline},
    {"multi-exec", RestAction::transaction},
    {"subscribe", RestAction::subscribe},
    {"psubscribe", RestAction::psubscribe},
    {"monitor", RestAction::monitor},
}};

// Commands of a connection's state, streams, and those that wait for another client.
constexpr std::array<std::string_view, 26> refused_names = {
    "auth",    "hello",        "reset",    "select",     "client",     "multi",       "exec",
    "discard", "watch",        "unwatch",  "subscribe",  "ssubscribe", "unsubscribe", "sunsubscribe",
    "quit",    "punsubscribe", "monitor",  "psubscribe", "blpop",      "brpop",       "brpoplpush",
    "blmove",  "blmpop",       "bzpopmin", "bzpopmax",   "bzmpop"};

// Whether XREAD or XREADGROUP shall wait: the option stands before STREAMS, behind which there are only keys and ids.
bool has_block(const Command& command) {
  for (std::size_t at = 1; at < command.size(); ++at) {
    const std::string& word = command[at];
    if (equal_ignoring_case(word, "streams")) return false;
    if (equal_ignoring_case(word, "block")) return true;
    if (equal_ignoring_case(word, "count")) at += 1;
    if (equal_ignoring_case(word, "group")) at += 2;
  }
  return false;
}

}  // namespace

RestRequest read_rest_request(const RestInput& input, const RestLimits& limits) {
  if (input.body.size() > limits.request_bytes) {
    return refusal(request_too_large(limits.request_bytes, input.body.size()));
  }
  Command words = path_words(input.path);
  if (words.empty()) return read_command(input, limits);
  for (const Place& place : places) {
    if (!equal_ignoring_case(words.front(), place.name)) continue;
    if (place.action == RestAction::pipeline) return read_pipeline(input, limits);
    if (place.action == RestAction::transaction) return read_transaction(input, limits);
    return read_stream(place.action, std::move(words), input);
  }
  if (!input.body.empty()) words.emplace_back(input.body);
  append_query_words(input.query, words);
  RestRequest request{.action = RestAction::command};
  request.commands.push_back(std::move(words));
  return request;
}

std::string request_too_large(std::size_t limit, std::size_t actual) {
  return fmt::format("ERR max request size exceeded. Limit: {} bytes, Actual: {} bytes", limit, actual);
}

std::string refused_over_rest(const Command& command) {
  if (command.empty()) return {};
  const std::string& name = command.front();
  if (equal_ignoring_case(name, "xread") || equal_ignoring_case(name, "xreadgroup")) {
    return has_block(command) ? not_allowed(upper_case(name) + " BLOCK") : std::string();
  }
  if (equal_ignoring_case(name, "client") && command.size() > 1 && equal_ignoring_case(command[1], "setinfo")) {
    return {};
  }
  bool refused =
      std::ranges::any_of(refused_names, [&](std::string_view one) { return equal_ignoring_case(name, one); });
  return refused ? not_allowed(upper_case(name)) : std::string();
}

}  // namespace millrace::front
