#pragma once

// Replies of a server of the Redis protocol, version 2, as a client reads them. Total: any bytes give a reply or an
// error. Confined to its connection.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millrace::net {

struct RespReply {
  enum class Kind : std::uint8_t { nil, integer, text, error, array };

  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text{};  // of text (simple or bulk) and error
  std::vector<RespReply> elements{};

  bool is_error() const { return kind == Kind::error; }
  bool is_nil() const { return kind == Kind::nil; }
};

class RespReplyReader {
 public:
  // Appends at least one byte to its argument, or says why none comes any more.
  using More = std::function<Result<void>(std::string&)>;

  explicit RespReplyReader(More more) : more_(std::move(more)) {}

  // `corrupt` when what comes is no reply: the connection is of no use then.
  Result<RespReply> read() { return read(0); }

 private:
  Result<RespReply> read(int depth);
  Result<RespReply> read_bulk(std::int64_t size);
  Result<RespReply> read_array(std::int64_t count, int depth);
  Result<std::string_view> line();  // without its end; until the next call
  Result<void> have(std::size_t count);

  More more_;
  std::string input_{};
  std::size_t position_ = 0;  // what is before it has been read
};

// A command as clients send it.
void append_resp_command(std::string& out, const std::vector<std::string>& words);

}  // namespace millrace::net
