#pragma once

// Requests of the Redis protocol as they arrive, in pieces of any size: arrays of bulk strings, or a line of words
// ("inline": what one types into telnet). One command at a time, so that a command may change how the next is read.
//
// Nothing is allocated for what a length announces, only for what has arrived; each limit is checked before. After a
// fault there is no telling where the next command begins: the connection says `fault()` and closes.
//
// The limits, the order of the checks and the words are those of Redis 7.2. Like it, the parser looks for the carriage
// return and passes over the byte behind it, and over the two bytes behind a bulk string, whatever they are.
//
// Confined to the reactor.

#include <climits>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::net {

struct RespLimits {
  std::size_t bulk_bytes = std::size_t{512} << 20;   // proto-max-bulk-len
  std::size_t line_bytes = 64 * 1024;                // an inline command, or the digits of a length
  std::size_t command_bytes = std::size_t{1} << 30;  // all words of one command: client-query-buffer-limit
  std::int64_t words = INT_MAX;

  // Before a client has said who it is, AUTH and HELLO are all it needs.
  std::size_t bulk_bytes_unknown = 16 * 1024;
  std::int64_t words_unknown = 10;
};

class RespParser {
 public:
  enum class Outcome { command, incomplete, failed };

  explicit RespParser(const RespLimits& limits = {}) : limits_(limits) {}

  // Takes bytes off the front of `input`, all of them unless a command ends before. Commands of no words are passed
  // over. After `failed` it is of no further use.
  Outcome take(std::string_view& input);

  // The command that take() has found, good until the next take(). Its strings may be moved out of it; those that are
  // left are used again.
  std::vector<std::string>& words() { return words_; }

  // What Redis answers, without the leading "-": "ERR Protocol error: ...". Empty when a command outgrew
  // `command_bytes`: Redis closes without a word.
  const std::string& fault() const { return fault_; }

  // Whether the peer is known; it is not at first.
  void set_known(bool known) { known_ = known; }
  void set_bulk_bytes(std::size_t most) { limits_.bulk_bytes = most; }

  // A part of a command has arrived.
  bool in_command() const { return state_ != State::start; }

  // Gives back memory that a large command has left behind. Between commands.
  void trim();

 private:
  enum class State : std::uint8_t { start, line_of_words, count, size, body, body_end };

  Outcome fail(std::string fault);
  bool take_line(std::string_view& input, std::string_view& line);
  bool take_text(std::string_view& input, std::string_view& text);
  Outcome take_words(std::string_view& input);
  Outcome take_count(std::string_view& input);
  Outcome take_size(std::string_view& input);
  Outcome take_body(std::string_view& input);
  void begin_command(char first);
  void end_command();
  std::string& next_word();
  bool split(std::string_view text);

  RespLimits limits_;
  State state_ = State::start;
  bool known_ = false;
  std::int64_t words_left_ = 0;
  std::size_t body_left_ = 0;  // bytes of the word that is arriving; in body_end, of what follows it
  std::size_t command_bytes_ = 0;
  std::size_t used_ = 0;               // of words_, while a command is read
  std::vector<std::string> words_{};   // behind `used_` stand strings of former commands
  std::vector<std::string> spares_{};  // more of those
  std::string line_{};                 // of a line that has not arrived as a whole; what it held is gone after the line
  std::string fault_{};
};

}  // namespace millrace::net
