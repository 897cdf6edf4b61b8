// Payloads between here and a Redis, both ways. Passed over where no redis-server is installed.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <random>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "store/rdb/payload.h"

namespace millrace::store::rdb {
namespace {

// A Redis that listens on a socket in a folder of its own, and ends with this.
class RedisServer {
 public:
  RedisServer() {
    char name[] = "/tmp/millrace-redis-XXXXXX";
    folder_ = mkdtemp(name);
    socket_path_ = folder_ + "/socket";
    process_ = fork();
    if (process_ == 0) {
      int nowhere = open("/dev/null", O_WRONLY);
      dup2(nowhere, STDOUT_FILENO);
      execlp("redis-server", "redis-server", "--port", "0", "--save", "", "--unixsocket", socket_path_.c_str(), "--dir",
             folder_.c_str(), nullptr);
      _exit(127);
    }
    for (int attempt = 0; attempt < 500 && !connect_once(); ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  ~RedisServer() {
    if (socket_ >= 0) close(socket_);
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }

  bool is_up() const { return socket_ >= 0; }

  // The reply's line without its end, or the bytes of a bulk string.
  std::string run(const std::vector<std::string>& words) {
    std::string request = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    for (std::string_view rest = request; !rest.empty();) {
      auto sent = write(socket_, rest.data(), rest.size());
      if (sent <= 0) return {};
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string line = read_line();
    if (!line.starts_with('$')) return line;
    std::string bulk = read_bytes(std::stoul(line.substr(1)) + 2);
    return bulk.substr(0, bulk.size() - 2);
  }

 private:
  bool connect_once() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(socket_path_.begin(), socket_path_.end(), address.sun_path);
    int made = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      socket_ = made;
      return true;
    }
    close(made);
    return false;
  }

  std::string read_line() {
    std::string line;
    while (!line.ends_with("\r\n")) line += read_bytes(1);
    line.resize(line.size() - 2);
    return line;
  }

  std::string read_bytes(std::size_t size) {
    while (received_.size() < size) {
      char buffer[65'536];
      auto got = read(socket_, buffer, sizeof buffer);
      if (got <= 0) throw std::runtime_error("the connection to redis-server broke");
      received_.append(buffer, static_cast<std::size_t>(got));
    }
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  std::string folder_{};
  std::string socket_path_{};
  pid_t process_ = -1;
  int socket_ = -1;
  std::string received_{};
};

bool is_installed() {
  return std::system("command -v redis-server >/dev/null") == 0;
}

std::string text(std::mt19937& dice, std::size_t number) {
  switch (dice() % 3) {
    case 0: return std::to_string(static_cast<std::int64_t>(number) * (dice() % 2 == 0 ? 1'000'003 : -7));
    case 1: return "member " + std::to_string(number);
    default: return std::string(1 + number % 100, 'x') + std::to_string(number);
  }
}

// Elements that differ from each other.
std::vector<std::string> texts(std::mt19937& dice, std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 1; i <= count; ++i) all.push_back(text(dice, i));
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

Stream make_stream(std::mt19937& dice, std::size_t count) {
  Stream stream;
  for (std::size_t i = 1; i <= count; ++i) {
    StreamEntry entry{{1000 + i / 3, 1 + i}, {"name", text(dice, i)}};
    if (dice() % 4 == 0) entry.fields.insert(entry.fields.end(), {"more", "12"});
    stream.entries.push_back(std::move(entry));
  }
  stream.last = {5000, 1};
  stream.deleted_most = {4000, 2};
  stream.added = count + 3;
  stream.groups.push_back({"idle", {0, 0}, 0});
  StreamGroup group{"readers", stream.entries[0].id, 1};
  group.pending.push_back({stream.entries[0].id, 1'700'000'000'123, 2});
  group.consumers.push_back({"ada", 1'700'000'000'200, 1'700'000'000'200, {stream.entries[0].id}});
  stream.groups.push_back(std::move(group));
  return stream;
}

std::vector<Value> make_values(std::mt19937& dice) {
  std::vector<Value> values{String{""}, String{"hello"}, String{"-129"}, String{std::string(100'000, 'z')}};
  for (std::size_t count : {1u, 20u, 200u, 2000u}) {
    List list;
    Hash hash;
    SortedSet sorted;
    for (const std::string& element : texts(dice, count)) {
      list.elements.push_back(element);
      hash.fields.push_back({element, text(dice, count)});
      sorted.members.push_back({element, static_cast<double>(dice()) / 3 - 1e8});
    }
    values.insert(values.end(), {Value(list), Value(Set{texts(dice, count)}), Value(hash), Value(sorted),
                                 Value(make_stream(dice, count))});
  }
  Set numbers;
  for (int i = 0; i < 100; ++i) numbers.members.push_back(std::to_string(i * 1000));
  values.push_back(numbers);
  return values;
}

// In an order of its own, where Redis has none.
Value in_order(Value value) {
  if (auto* set = std::get_if<Set>(&value)) std::ranges::sort(set->members);
  if (auto* hash = std::get_if<Hash>(&value)) std::ranges::sort(hash->fields, {}, &Field::name);
  if (auto* sorted = std::get_if<SortedSet>(&value)) std::ranges::sort(sorted->members, {}, &Score::member);
  return value;
}

TEST(RealRedis, TakesWhatIsWrittenHereAndGivesItBack) {
  if (!is_installed()) GTEST_SKIP() << "there is no redis-server";
  RedisServer redis;
  ASSERT_TRUE(redis.is_up());
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 dice(seed);

  for (const Value& value : make_values(dice)) {
    ASSERT_EQ(redis.run({"RESTORE", "key", "0", encode(value), "REPLACE"}), "+OK") << value.index();
    auto again = decode(redis.run({"DUMP", "key"}));
    ASSERT_TRUE(again) << value.index() << ": " << again.error().message;
    EXPECT_EQ(in_order(*again), in_order(value)) << value.index();
  }
  EXPECT_TRUE(redis.run({"RESTORE", "json", "0", encode(Json{"{}"})}).starts_with("-ERR Bad data format"));
}

}  // namespace
}  // namespace millrace::store::rdb
