#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "server/import/pages.h"

namespace millrace::server {
namespace {

struct EntryId {
  std::uint64_t time = 0;
  std::uint64_t sequence = 0;
};

std::optional<EntryId> parse(std::string_view text) {
  EntryId id;
  auto [dash, problem] = std::from_chars(text.data(), text.data() + text.size(), id.time);
  if (problem != std::errc() || dash == text.data() + text.size() || *dash != '-') return {};
  auto [end, trouble] = std::from_chars(dash + 1, text.data() + text.size(), id.sequence);
  if (trouble != std::errc() || end != text.data() + text.size()) return {};
  return id;
}

// The smallest identifier after `text`: older servers know no open ranges.
Result<std::string> after(const std::string& text) {
  auto id = parse(text);
  if (!id) return Error{ErrorCode::corrupt, fmt::format("'{}' is no identifier of a stream's entry", text)};
  if (++id->sequence == 0) ++id->time;
  return fmt::format("{}-{}", id->time, id->sequence);
}

std::string number_text(const RedisReply& reply) {
  return reply.kind == RedisReply::Kind::integer ? std::to_string(reply.integer) : reply.text;
}

Result<void> copy_entries(Peer& source, const std::string& key, Building& building) {
  std::string from = "-";
  std::int64_t count = page_elements;
  for (;;) {
    auto reply = ask_page(source, count, [&](const std::string& entries) {
      return RedisCommand{"XRANGE", key, from, "+", "COUNT", entries};
    });
    if (!reply) return reply.error();
    if (reply->elements.empty()) return {};
    std::string last;
    for (RedisReply& entry : reply->elements) {
      if (entry.elements.size() != 2) return Error{ErrorCode::corrupt, "XRANGE gave no entry"};
      last = std::move(entry.elements[0].text);
      RedisCommand command{"XADD", building.key(), last};
      for (std::string& word : texts_of(std::move(entry.elements[1]))) command.push_back(std::move(word));
      if (auto done = building.add(std::move(command)); !done) return done;
    }
    auto next = after(last);
    if (!next) return next.error();
    from = std::move(*next);
  }
}

// A stream without entries is made by way of a group; the counts are of Redis 7.
Result<void> copy_state(Peer& source, const std::string& key, Building& building) {
  auto info = ask(source, {"XINFO", "STREAM", key});
  if (!info) return info.error();
  if (value_of(*info, "length").integer == 0) {
    for (RedisCommand command : {RedisCommand{"XGROUP", "CREATE", building.key(), "made", "0", "MKSTREAM"},
                                 RedisCommand{"XGROUP", "DESTROY", building.key(), "made"}}) {
      if (auto done = building.add(std::move(command)); !done) return done;
    }
  }
  RedisCommand command{"XSETID", building.key(), value_of(*info, "last-generated-id").text};
  const RedisReply& added = value_of(*info, "entries-added");
  const RedisReply& deleted = value_of(*info, "max-deleted-entry-id");
  if (!added.is_nil() && !deleted.is_nil()) {
    command.insert(command.end(), {"ENTRIESADDED", number_text(added), "MAXDELETEDID", deleted.text});
  }
  return building.add(std::move(command));
}

Result<void> copy_pending(Peer& source, const std::string& key, const std::string& group, Building& building) {
  auto time = ask(source, {"TIME"});
  if (!time || time->elements.size() != 2) return time ? Result<void>() : Result<void>(time.error());
  std::int64_t now =
      std::stoll(number_text(time->elements[0])) * 1000 + std::stoll(number_text(time->elements[1])) / 1000;
  std::string from = "-";
  for (;;) {
    auto reply = ask(source, {"XPENDING", key, group, from, "+", std::to_string(page_elements)});
    if (!reply) return reply.error();
    if (reply->elements.empty()) return {};
    std::string last;
    for (const RedisReply& entry : reply->elements) {
      if (entry.elements.size() != 4) return Error{ErrorCode::corrupt, "XPENDING gave no entry"};
      last = entry.elements[0].text;
      if (auto done = building.add({"XCLAIM", building.key(), group, entry.elements[1].text, "0", last, "TIME",
                                    std::to_string(now - entry.elements[2].integer), "RETRYCOUNT",
                                    number_text(entry.elements[3]), "FORCE", "JUSTID"});
          !done) {
        return done;
      }
    }
    auto next = after(last);
    if (!next) return next.error();
    from = std::move(*next);
  }
}

Result<void> copy_group(Peer& source, const std::string& key, const RedisReply& group, Building& building) {
  const std::string& name = value_of(group, "name").text;
  RedisCommand create{"XGROUP", "CREATE", building.key(), name, value_of(group, "last-delivered-id").text};
  const RedisReply& read = value_of(group, "entries-read");
  if (!read.is_nil()) create.insert(create.end(), {"ENTRIESREAD", number_text(read)});
  if (auto done = building.add(std::move(create)); !done) return done;
  auto consumers = ask(source, {"XINFO", "CONSUMERS", key, name});
  if (!consumers) return consumers.error();
  for (const RedisReply& consumer : consumers->elements) {
    if (auto done = building.add({"XGROUP", "CREATECONSUMER", building.key(), name, value_of(consumer, "name").text});
        !done) {
      return done;
    }
  }
  return copy_pending(source, key, name, building);
}

}  // namespace

Result<void> copy_stream(Peer& source, const std::string& key, Building& building) {
  if (auto done = copy_entries(source, key, building); !done) return done;
  if (auto done = copy_state(source, key, building); !done) return done;
  auto groups = ask(source, {"XINFO", "GROUPS", key});
  if (!groups) return groups.error();
  for (const RedisReply& group : groups->elements) {
    if (auto done = copy_group(source, key, group, building); !done) return done;
  }
  return {};
}

}  // namespace millrace::server
