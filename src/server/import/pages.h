#pragma once

// What copying by type is made of: questions to the source, and commands gathered for the target. Confined to one
// thread.

#include <functional>

#include "server/import/peer.h"

namespace millrace::server {

// The answer to one command. An error reply is `invalid`, with the text of the reply.
Result<RedisReply> ask(Peer& peer, RedisCommand command);

// The answer to a question for up to `count` elements. When it is refused, fewer are asked for, from then on: replies
// may have a limit, and elements be large.
using PageQuestion = std::function<RedisCommand(const std::string& count)>;
Result<RedisReply> ask_page(Peer& peer, std::int64_t& count, const PageQuestion& question);
constexpr std::int64_t page_elements = 500;

// Commands that build one key, sent together when there are enough of them.
class Building {
 public:
  Building(Peer& target, std::string key) : target_(target), key_(std::move(key)) {}

  const std::string& key() const { return key_; }

  Result<void> add(RedisCommand command);
  Result<void> flush();

  // Adds commands of `head` and as many of `words` as go well into one, always whole groups of `group` words.
  Result<void> add_in_parts(const RedisCommand& head, std::vector<std::string> words, std::size_t group);

 private:
  Peer& target_;
  std::string key_;
  std::vector<RedisCommand> commands_{};
  std::size_t bytes_ = 0;
};

// Goes through a collection by HSCAN, SSCAN or ZSCAN.
using TakeWords = std::function<Result<void>(std::vector<std::string> words)>;
Result<void> scan_pages(Peer& source, const char* command, const std::string& key, const TakeWords& take);

// The texts of an array.
std::vector<std::string> texts_of(RedisReply reply);

// The value after `name` in a flat list of names and values; nil where there is none.
const RedisReply& value_of(const RedisReply& list, std::string_view name);

// The streams' part: entries, last identifiers, groups, consumers and what they have not acknowledged.
Result<void> copy_stream(Peer& source, const std::string& key, Building& building);

}  // namespace millrace::server
