#include "server/import/by_type.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/import/pages.h"

namespace millrace::server {
namespace {

Result<void> copy_string(Peer& source, const std::string& key, Building& building) {
  constexpr std::int64_t piece = std::int64_t{512} * 1024;  // below the limits of requests of REST services
  auto length = ask(source, {"STRLEN", key});
  if (!length) return length.error();
  std::int64_t from = 0;
  do {
    auto part = ask(source, {"GETRANGE", key, std::to_string(from), std::to_string(from + piece - 1)});
    if (!part) return part.error();
    const char* command = from == 0 ? "SET" : "APPEND";
    if (auto done = building.add({command, building.key(), std::move(part->text)}); !done) return done;
    from += piece;
  } while (from < length->integer);
  return {};
}

Result<void> copy_list(Peer& source, const std::string& key, Building& building) {
  std::int64_t count = page_elements;
  for (std::int64_t from = 0;;) {
    auto part = ask_page(source, count, [&](const std::string&) {
      return RedisCommand{"LRANGE", key, std::to_string(from), std::to_string(from + count - 1)};
    });
    if (!part) return part.error();
    if (part->elements.empty()) return {};
    from += static_cast<std::int64_t>(part->elements.size());
    auto done = building.add_in_parts({"RPUSH", building.key()}, texts_of(std::move(*part)), 1);
    if (!done) return done;
  }
}

Result<void> copy_set(Peer& source, const std::string& key, Building& building) {
  return scan_pages(source, "SSCAN", key, [&](std::vector<std::string> members) {
    return building.add_in_parts({"SADD", building.key()}, std::move(members), 1);
  });
}

// ZADD has the score first, ZSCAN the member.
Result<void> copy_sorted_set(Peer& source, const std::string& key, Building& building) {
  return scan_pages(source, "ZSCAN", key, [&](std::vector<std::string> words) {
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) std::swap(words[i], words[i + 1]);
    return building.add_in_parts({"ZADD", building.key()}, std::move(words), 2);
  });
}

// Fields that expire are of Redis 7.4: an older server has none and does not know the question.
Result<void> copy_field_expiry(Peer& source, const std::string& key, const std::vector<std::string>& fields,
                               Building& building) {
  RedisCommand question{"HPEXPIRETIME", key, "FIELDS", std::to_string(fields.size())};
  question.insert(question.end(), fields.begin(), fields.end());
  auto times = ask(source, std::move(question));
  if (!times) return times.error().code == ErrorCode::invalid ? Result<void>() : Result<void>(times.error());
  for (std::size_t i = 0; i < std::min(fields.size(), times->elements.size()); ++i) {
    std::int64_t at = times->elements[i].integer;
    if (at <= 0) continue;
    auto done = building.add({"HPEXPIREAT", building.key(), std::to_string(at), "FIELDS", "1", fields[i]});
    if (!done) return done;
  }
  return {};
}

Result<void> copy_hash(Peer& source, const std::string& key, Building& building) {
  return scan_pages(source, "HSCAN", key, [&](std::vector<std::string> words) -> Result<void> {
    std::vector<std::string> fields;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) fields.push_back(words[i]);
    if (fields.empty()) return {};
    auto done = building.add_in_parts({"HSET", building.key()}, std::move(words), 2);
    return done ? copy_field_expiry(source, key, fields, building) : done;
  });
}

Result<void> copy_document(Peer& source, const std::string& key, Building& building) {
  auto text = ask(source, {"JSON.GET", key});
  if (!text) return text.error();
  if (text->is_nil()) return {};
  return building.add({"JSON.SET", building.key(), "$", std::move(text->text)});
}

Result<void> copy_content(Peer& source, const std::string& key, const std::string& type, Building& building) {
  if (type == "string") return copy_string(source, key, building);
  if (type == "list") return copy_list(source, key, building);
  if (type == "set") return copy_set(source, key, building);
  if (type == "zset") return copy_sorted_set(source, key, building);
  if (type == "hash") return copy_hash(source, key, building);
  if (type == "stream") return copy_stream(source, key, building);
  if (type == "ReJSON-RL" || type == "json") return copy_document(source, key, building);
  return Error{ErrorCode::invalid, fmt::format("there are no values of type '{}' here", type)};
}

Result<KeyOutcome> give_name(Peer& target, const std::string& built, const KeyToCopy& key) {
  std::vector<RedisCommand> commands{key.expires_at == 0
                                         ? RedisCommand{"PERSIST", built}
                                         : RedisCommand{"PEXPIREAT", built, std::to_string(key.expires_at)},
                                     {key.replace ? "RENAME" : "RENAMENX", built, key.name}};
  auto replies = target.run(commands);
  if (!replies) return replies.error();
  RedisReply& renamed = replies->back();
  if (renamed.text == "ERR no such key") return KeyOutcome::gone;
  if (renamed.is_error()) return Error{ErrorCode::invalid, std::move(renamed.text)};
  return key.replace || renamed.integer == 1 ? KeyOutcome::copied : KeyOutcome::kept;
}

Result<KeyOutcome> build(Peer& source, Peer& target, const KeyToCopy& key, const std::string& built) {
  auto type = ask(source, {"TYPE", key.name});
  if (!type) return type.error();
  if (type->text == "none") return KeyOutcome::gone;
  Building building(target, built);
  auto done = copy_content(source, key.name, type->text, building);
  if (done) done = building.flush();
  if (!done) return done.error();
  return give_name(target, built, key);
}

}  // namespace

Result<KeyOutcome> copy_by_type(Peer& source, Peer& target, const KeyToCopy& key) {
  std::string built = "millrace:import:" + random_secret(12);
  auto outcome = build(source, target, key, built);
  bool left_behind = outcome ? *outcome == KeyOutcome::kept : outcome.error().code == ErrorCode::invalid;
  if (!left_behind) return outcome;
  auto removed = ask(target, {"UNLINK", built});
  if (!removed) return removed.error();
  return outcome;
}

}  // namespace millrace::server
