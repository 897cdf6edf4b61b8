#include "net/resp_reply.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace millrace::net {
namespace {

constexpr std::size_t line_bytes_max = 64 * 1024;  // an error of a script may be long
constexpr std::int64_t bulk_bytes_max = std::int64_t{1} << 30;
constexpr std::int64_t elements_max = std::int64_t{1} << 26;
constexpr int depth_max = 32;

Error no_reply() {
  return {ErrorCode::corrupt, "what answers does not speak the Redis protocol"};
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

Result<void> RespReplyReader::have(std::size_t count) {
  constexpr std::size_t worth_moving = 64 * 1024;
  if (position_ == input_.size() || position_ > worth_moving) {
    input_.erase(0, position_);
    position_ = 0;
  }
  while (input_.size() - position_ < count) {
    if (auto done = more_(input_); !done) return done;
  }
  return {};
}

Result<std::string_view> RespReplyReader::line() {
  std::size_t looked_at = 0;
  for (;;) {
    if (auto done = have(looked_at + 1); !done) return done.error();
    auto end = input_.find("\r\n", position_ + (looked_at > 0 ? looked_at - 1 : 0));
    if (end != std::string::npos) {
      std::string_view text = std::string_view(input_).substr(position_, end - position_);
      position_ = end + 2;
      return text;
    }
    looked_at = input_.size() - position_;
    if (looked_at > line_bytes_max) return no_reply();
  }
}

Result<RespReply> RespReplyReader::read_bulk(std::int64_t size) {
  if (size < 0) return RespReply{};
  if (size > bulk_bytes_max) return no_reply();
  auto count = static_cast<std::size_t>(size);
  if (auto done = have(count + 2); !done) return done.error();
  RespReply reply{.kind = RespReply::Kind::text, .text = input_.substr(position_, count)};
  position_ += count + 2;
  return reply;
}

Result<RespReply> RespReplyReader::read_array(std::int64_t count, int depth) {
  if (count < 0) return RespReply{};
  if (count > elements_max) return no_reply();
  RespReply reply{.kind = RespReply::Kind::array};
  for (std::int64_t i = 0; i < count; ++i) {
    auto element = read(depth + 1);
    if (!element) return element.error();
    reply.elements.push_back(std::move(*element));
  }
  return reply;
}

Result<RespReply> RespReplyReader::read(int depth) {
  auto head = line();
  if (!head) return head.error();
  if (head->empty() || depth > depth_max) return no_reply();
  char kind = head->front();
  std::string_view rest = head->substr(1);
  if (kind == '+') return RespReply{.kind = RespReply::Kind::text, .text = std::string(rest)};
  if (kind == '-') return RespReply{.kind = RespReply::Kind::error, .text = std::string(rest)};
  auto value = number(rest);
  if (!value) return no_reply();
  if (kind == ':') return RespReply{.kind = RespReply::Kind::integer, .integer = *value};
  if (kind == '$') return read_bulk(*value);
  if (kind == '*') return read_array(*value, depth);
  return no_reply();
}

void append_resp_command(std::string& out, const std::vector<std::string>& words) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", words.size());
  for (const std::string& word : words) {
    fmt::format_to(std::back_inserter(out), "${}\r\n", word.size());
    out.append(word).append("\r\n");
  }
}

}  // namespace millrace::net
