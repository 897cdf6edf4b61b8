// Transcripts: tests of commands as text, run against a store without sockets.
//
//   # An unknown key has no value.        A line for the reader.
//   > GET nothing                         A command; "quoted words" may hold spaces, \n and \xff.
//   < (nil)                               The reply it must give.
//
// Replies: +simple, -error, :integer, (nil), (empty), a bulk string as a word of a command would stand there, an array
// as one line for each element after its number: "1) word". Nested arrays indent by their number: "2) 1) word".
//
// The files are in transcripts/ beside this one; each runs in an empty database.

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

struct Exchange {
  int line = 0;  // of the command
  Command command{};
  std::vector<std::string> reply{};
};

std::string unescape(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '\\' || i + 1 == word.size()) {
      out += word[i];
    } else if (word[++i] == 'n') {
      out += '\n';
    } else if (word[i] == 'x') {
      out += static_cast<char>(std::stoi(std::string(word.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += word[i];
    }
  }
  return out;
}

Command parse_words(std::string_view line) {
  Command words;
  while (!line.empty()) {
    bool quoted = line.front() == '"';
    if (quoted) line.remove_prefix(1);
    std::size_t end = std::min(line.find(quoted ? '"' : ' '), line.size());
    words.push_back(unescape(line.substr(0, end)));
    line.remove_prefix(std::min(line.size(), end + (quoted ? 2 : 1)));
  }
  return words;
}

std::string render_word(std::string_view text) {
  bool plain = !text.empty() && text.find_first_of("(+-:") != 0;
  std::string escaped;
  for (char c : text) {
    plain = plain && c > ' ' && c < 127 && c != '"' && c != '\\';
    if (c >= ' ' && c < 127) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    } else {
      escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return plain ? std::string(text) : '"' + escaped + '"';
}

std::vector<Exchange> parse_transcript(std::string_view text) {
  std::vector<Exchange> exchanges;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("> ")) exchanges.push_back({number, parse_words(std::string_view(line).substr(2)), {}});
    if (line.starts_with("< ") && !exchanges.empty()) exchanges.back().reply.push_back(line.substr(2));
  }
  return exchanges;
}

std::vector<std::string> render(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::nil: return {"(nil)"};
    case Reply::Kind::integer: return {fmt::format(":{}", reply.integer)};
    case Reply::Kind::bulk: return {render_word(reply.text)};
    case Reply::Kind::simple: return {"+" + reply.text};
    case Reply::Kind::error: return {"-" + reply.text};
    case Reply::Kind::nil_array: return {"(nil array)"};
    case Reply::Kind::real: return {fmt::format(",{}", reply.real)};
    case Reply::Kind::boolean: return {reply.integer != 0 ? "#t" : "#f"};
    case Reply::Kind::verbatim: return {"=" + reply.text};
    case Reply::Kind::big_number: return {"(" + reply.text};
    case Reply::Kind::array:
    case Reply::Kind::map:
    case Reply::Kind::set:
    case Reply::Kind::push: break;
  }
  if (reply.elements.empty()) return {"(empty)"};
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < reply.elements.size(); ++i) {
    for (const std::string& line : render(reply.elements[i])) lines.push_back(fmt::format("{}) {}", i + 1, line));
  }
  return lines;
}

class Transcript : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Transcript, IsAnsweredAsWritten) {
  std::ifstream file(GetParam());
  std::string text{std::istreambuf_iterator<char>(file), {}};
  kv::MemoryHome memory;
  EmbeddedStore store(memory.home());
  DatabaseId database = take_now(store.create_database("test")).value();

  auto exchanges = parse_transcript(text);
  ASSERT_FALSE(exchanges.empty());
  for (const Exchange& exchange : exchanges) {
    auto replies = take_now(store.execute(database, {exchange.command})).value();

    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(render(replies[0]), exchange.reply) << GetParam().filename().string() << ":" << exchange.line;
  }
}

std::vector<std::filesystem::path> transcripts() {
  std::vector<std::filesystem::path> paths;
  auto folder = std::filesystem::path(__FILE__).parent_path() / "transcripts";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

INSTANTIATE_TEST_SUITE_P(Store, Transcript, testing::ValuesIn(transcripts()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace millrace::store
