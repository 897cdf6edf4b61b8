#include "net/resp_parser.h"

#include <algorithm>
#include <optional>

namespace millrace::net {
namespace {

constexpr std::size_t word_cost = sizeof(std::string);  // what an empty word takes
constexpr std::size_t spares_max = 8;                   // longer commands are rare
constexpr std::size_t spare_bytes_max = 16 * 1024;      // what a connection may keep of a word
constexpr std::size_t words_kept = 64;

// An integer as Redis reads lengths: no plus, no zeros in front, no spaces.
std::optional<std::int64_t> length_of(std::string_view text) {
  constexpr std::size_t digits_max = 18;  // far beyond every limit, and no overflow
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > digits_max) return {};
  if (text.front() == '0' && (negative || text.size() > 1)) return {};
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

// Takes what follows a double quote, with the quote that ends it. False without one.
bool take_double_quoted(std::string_view& text, std::string& word) {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return text.empty() || is_space(text.front());
    if (c != '\\' || text.empty()) {
      word.push_back(c);
    } else if (text.size() >= 3 && text[0] == 'x' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0) {
      word.push_back(static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2])));
      text.remove_prefix(3);
    } else {
      word.push_back(escaped(text.front()));
      text.remove_prefix(1);
    }
  }
  return false;
}

bool take_single_quoted(std::string_view& text, std::string& word) {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\'') return text.empty() || is_space(text.front());
    if (c == '\\' && text.starts_with('\'')) {
      word.push_back('\'');
      text.remove_prefix(1);
    } else {
      word.push_back(c);
    }
  }
  return false;
}

bool ends_word(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Takes a word off the front, quotes anywhere in it. False when a quote has no end.
bool take_word(std::string_view& text, std::string& word) {
  while (!text.empty() && !ends_word(text.front())) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return take_double_quoted(text, word);
    if (c == '\'') return take_single_quoted(text, word);
    word.push_back(c);
  }
  return true;
}

}  // namespace

RespParser::Outcome RespParser::fail(std::string fault) {
  fault_ = std::move(fault);
  std::ranges::replace_if(
      fault_, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return Outcome::failed;
}

RespParser::Outcome RespParser::take(std::string_view& input) {
  Outcome outcome = Outcome::incomplete;
  while (outcome == Outcome::incomplete && !input.empty()) {
    switch (state_) {
      case State::start: begin_command(input.front()); break;
      case State::line_of_words: outcome = take_words(input); break;
      case State::count: outcome = take_count(input); break;
      case State::size: outcome = take_size(input); break;
      case State::body:
      case State::body_end: outcome = take_body(input); break;
    }
  }
  return outcome;
}

void RespParser::begin_command(char first) {
  used_ = 0;
  command_bytes_ = 0;
  state_ = first == '*' ? State::count : State::line_of_words;
}

void RespParser::end_command() {
  state_ = State::start;
  while (words_.size() > used_) {
    const auto bytes = words_.back().capacity();
    if (spares_.size() < spares_max && bytes <= spare_bytes_max) spares_.push_back(std::move(words_.back()));
    words_.pop_back();
  }
}

std::string& RespParser::next_word() {
  if (used_ < words_.size()) {
    words_[used_].clear();
  } else if (spares_.empty()) {
    words_.emplace_back();
  } else {
    words_.push_back(std::move(spares_.back()));
    words_.back().clear();
    spares_.pop_back();
  }
  return words_[used_++];
}

void RespParser::trim() {
  const auto large = [](const std::string& word) { return word.capacity() > spare_bytes_max; };
  if (words_.capacity() > words_kept) {
    words_ = {};
  } else if (std::ranges::any_of(words_, large)) {
    words_.clear();
  }
  if (line_.capacity() > spare_bytes_max) line_ = {};
}

// Takes a line that ends with a carriage return and any one byte. False when it has not arrived as a whole. What has,
// is kept and is `line`, good until the next call.
bool RespParser::take_line(std::string_view& input, std::string_view& line) {
  if (line_.empty()) {
    const auto end = input.find('\r');
    if (end != std::string_view::npos && end + 1 < input.size()) {
      line = input.substr(0, end);
      input.remove_prefix(end + 2);
      return true;
    }
  }
  if (!line_.ends_with('\r')) {
    const auto end = input.find('\r');
    const auto count = end == std::string_view::npos ? input.size() : end + 1;
    line_.append(input.substr(0, count));
    input.remove_prefix(count);
  }
  const bool ended = line_.ends_with('\r');
  line = std::string_view(line_).substr(0, line_.size() - (ended ? 1 : 0));
  if (!ended || input.empty()) return false;
  input.remove_prefix(1);
  return true;
}

// Likewise a line that ends with a line feed, which is left out.
bool RespParser::take_text(std::string_view& input, std::string_view& text) {
  const auto end = input.find('\n');
  const bool whole = end != std::string_view::npos;
  const auto count = whole ? end : input.size();
  if (whole && line_.empty()) {
    text = input.substr(0, count);
  } else {
    line_.append(input.substr(0, count));
    text = line_;
  }
  input.remove_prefix(whole ? count + 1 : count);
  return whole;
}

RespParser::Outcome RespParser::take_words(std::string_view& input) {
  std::string_view text;
  const bool whole = take_text(input, text);
  if (text.size() > limits_.line_bytes) return fail("ERR Protocol error: too big inline request");
  if (!whole) return Outcome::incomplete;
  if (text.ends_with('\r')) text.remove_suffix(1);
  const bool balanced = split(text.substr(0, text.find('\0')));
  line_.clear();
  if (!balanced) return fail("ERR Protocol error: unbalanced quotes in request");
  end_command();
  return words_.empty() ? Outcome::incomplete : Outcome::command;
}

bool RespParser::split(std::string_view text) {
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) return true;
    if (!take_word(text, next_word())) return false;
  }
}

RespParser::Outcome RespParser::take_count(std::string_view& input) {
  std::string_view line;
  const bool whole = take_line(input, line);
  if (line.size() > limits_.line_bytes) return fail("ERR Protocol error: too big mbulk count string");
  if (!whole) return Outcome::incomplete;
  const auto count = length_of(line.substr(1));
  line_.clear();
  if (!count || *count > limits_.words) return fail("ERR Protocol error: invalid multibulk length");
  if (*count > limits_.words_unknown && !known_) {
    return fail("ERR Protocol error: unauthenticated multibulk length");
  }
  words_left_ = *count;
  state_ = *count > 0 ? State::size : State::start;
  return Outcome::incomplete;
}

RespParser::Outcome RespParser::take_size(std::string_view& input) {
  std::string_view line;
  const bool whole = take_line(input, line);
  if (line.size() > limits_.line_bytes) return fail("ERR Protocol error: too big bulk count string");
  if (!whole) return Outcome::incomplete;
  if (!line.starts_with('$')) {
    const char got = line.empty() ? '\r' : line.front();
    return fail(std::string("ERR Protocol error: expected '$', got '") + got + "'");
  }
  const auto size = length_of(line.substr(1));
  line_.clear();
  if (!size || *size < 0 || static_cast<std::size_t>(*size) > limits_.bulk_bytes) {
    return fail("ERR Protocol error: invalid bulk length");
  }
  body_left_ = static_cast<std::size_t>(*size);
  if (body_left_ > limits_.bulk_bytes_unknown && !known_) {
    return fail("ERR Protocol error: unauthenticated bulk length");
  }
  command_bytes_ += word_cost + body_left_;
  if (command_bytes_ > limits_.command_bytes) return fail({});
  next_word();
  state_ = State::body;
  return take_body(input);
}

RespParser::Outcome RespParser::take_body(std::string_view& input) {
  if (state_ == State::body) {
    std::string& word = words_[used_ - 1];
    const auto count = std::min(body_left_, input.size());
    const auto needed = word.size() + count;
    if (needed > word.capacity()) word.reserve(std::min(word.size() + body_left_, std::max(needed, 2 * word.size())));
    word.append(input.substr(0, count));
    input.remove_prefix(count);
    body_left_ -= count;
    if (body_left_ > 0) return Outcome::incomplete;
    state_ = State::body_end;
    body_left_ = 2;
  }
  const auto count = std::min(body_left_, input.size());
  input.remove_prefix(count);
  body_left_ -= count;
  if (body_left_ > 0) return Outcome::incomplete;
  state_ = State::size;
  if (--words_left_ > 0) return Outcome::incomplete;
  end_command();
  return Outcome::command;
}

}  // namespace millrace::net
