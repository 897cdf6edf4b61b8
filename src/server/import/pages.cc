#include "server/import/pages.h"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::server {

Result<RedisReply> ask(Peer& peer, RedisCommand command) {
  std::vector<RedisCommand> commands;
  commands.push_back(std::move(command));
  auto replies = peer.run(commands);
  if (!replies) return replies.error();
  RedisReply& reply = replies->front();
  if (reply.is_error()) return Error{ErrorCode::invalid, std::move(reply.text)};
  return std::move(reply);
}

Result<RedisReply> ask_page(Peer& peer, std::int64_t& count, const PageQuestion& question) {
  for (;;) {
    auto reply = ask(peer, question(std::to_string(count)));
    bool refused = !reply && reply.error().code == ErrorCode::invalid;
    if (!refused || count == 1) return reply;
    count = std::max<std::int64_t>(count / 4, 1);
  }
}

Result<void> Building::add(RedisCommand command) {
  constexpr std::size_t bytes_together = 256 * 1024;  // well below the limit of a request
  for (const std::string& word : command) bytes_ += word.size() + 16;
  commands_.push_back(std::move(command));
  return bytes_ < bytes_together ? Result<void>() : flush();
}

Result<void> Building::flush() {
  if (commands_.empty()) return {};
  commands_.push_back({"PEXPIRE", key_, "3600000"});
  auto replies = target_.run(commands_);
  commands_.clear();
  bytes_ = 0;
  if (!replies) return replies.error();
  for (RedisReply& reply : *replies) {
    if (reply.is_error()) return Error{ErrorCode::invalid, std::move(reply.text)};
  }
  return {};
}

Result<void> Building::add_in_parts(const RedisCommand& head, std::vector<std::string> words, std::size_t group) {
  constexpr std::size_t part_bytes = 64 * 1024;
  RedisCommand command = head;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    bytes += words[i].size();
    command.push_back(std::move(words[i]));
    bool whole = (i + 1) % group == 0;
    if (!whole || (bytes < part_bytes && i + 1 < words.size())) continue;
    if (auto done = add(std::exchange(command, head)); !done) return done;
    bytes = 0;
  }
  return {};
}

Result<void> scan_pages(Peer& source, const char* command, const std::string& key, const TakeWords& take) {
  std::string cursor = "0";
  std::int64_t count = page_elements;
  do {
    auto reply = ask_page(source, count, [&](const std::string& elements) {
      return RedisCommand{command, key, cursor, "COUNT", elements};
    });
    if (!reply) return reply.error();
    if (reply->elements.size() != 2) return Error{ErrorCode::corrupt, fmt::format("{} gave no page", command)};
    cursor = reply->elements[0].text;
    if (auto done = take(texts_of(std::move(reply->elements[1]))); !done) return done;
  } while (cursor != "0");
  return {};
}

std::vector<std::string> texts_of(RedisReply reply) {
  std::vector<std::string> texts;
  texts.reserve(reply.elements.size());
  for (RedisReply& element : reply.elements) {
    bool number = element.kind == RedisReply::Kind::integer;  // REST may give a score as one
    texts.push_back(number ? std::to_string(element.integer) : std::move(element.text));
  }
  return texts;
}

const RedisReply& value_of(const RedisReply& list, std::string_view name) {
  static const RedisReply none;
  for (std::size_t i = 0; i + 1 < list.elements.size(); i += 2) {
    if (list.elements[i].text == name) return list.elements[i + 1];
  }
  return none;
}

}  // namespace millrace::server
