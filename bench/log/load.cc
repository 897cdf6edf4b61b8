// The load generator for logs: appends, tails and waits over HTTP (millrace), the Redis protocol (XADD, XREAD) and the
// protocol of NATS (JetStream), each with the least that its protocol needs, checks every answer and prints one JSON
// object. One thread, epoll, requests made once. Latency is from the send of a request to the last byte of its answer.
//
//   append   a closed loop: each connection has one request of `batch` records under way. At the end nothing more is
//   sent
//            and the answers under way are awaited
//   tail     one reader waits at the end, one writer appends: from the send of the append to its arrival at the reader
//   wait     `connections` readers wait at the end; says "ready", and when a line comes appends one record and awaits
//   it
//            at all of them

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr auto answer_max = std::chrono::seconds{30};  // a server that does not answer for longer is called stuck

struct Options {
  std::string protocol = "http";  // http, redis, nats
  std::string mode = "append";
  int port = 0;
  int connections = 1;
  int batch = 1;
  int keys = 0;  // of records; 0: without
  int value_bytes = 200;
  double seconds = 1;
  std::string log = "log";  // topic, stream or subject
  std::string delivery{};   // of NATS: the subject that the stream is delivered to
  std::string authorization{};
};

[[noreturn]] void fail(const std::string& message) {
  std::cerr << "load: " << message << "\n";
  std::exit(1);
}

Options parse_options(int count, char** arguments) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < count; i += 2) given[arguments[i]] = arguments[i + 1];
  Options options;
  auto number = [&](const char* name, auto& into) {
    if (given.contains(name)) into = static_cast<std::decay_t<decltype(into)>>(std::atof(given[name].c_str()));
  };
  auto text = [&](const char* name, std::string& into) {
    if (given.contains(name)) into = given[name];
  };
  text("--protocol", options.protocol);
  text("--mode", options.mode);
  text("--log", options.log);
  text("--delivery", options.delivery);
  text("--authorization", options.authorization);
  number("--port", options.port);
  number("--connections", options.connections);
  number("--batch", options.batch);
  number("--keys", options.keys);
  number("--value-bytes", options.value_bytes);
  number("--seconds", options.seconds);
  return options;
}

std::size_t number_at(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What is said and heard in one protocol. A unit is one answer: of HTTP a response, of the others one a record.
class Protocol {
 public:
  explicit Protocol(const Options& options) : options_(options), value_(options.value_bytes, 'x') {}
  virtual ~Protocol() = default;

  virtual std::string hello(int) const { return {}; }  // answered with one unit, if there is any
  virtual std::string append(int connection, int batch) const = 0;
  virtual int units_of_append(int batch) const = 0;
  // Waits for the record number `next`, counted from 0, behind the one that was acknowledged by `last`; of NATS hello()
  // has said so already.
  virtual std::string wait(std::uint64_t next, std::string_view last) const = 0;
  // Where the first unit of `input` ends, or npos. Fails for an answer that is an error.
  virtual std::size_t unit_end(std::string_view input) const = 0;

 protected:
  std::string key_of(int connection, int record) const {
    return "key-" + std::to_string((connection * 7919 + record) % options_.keys);
  }

  const Options& options_;
  std::string value_;
};

class Http final : public Protocol {
 public:
  using Protocol::Protocol;

  std::string append(int connection, int batch) const override {
    std::string body = batch > 1 ? "[" : "";
    for (int i = 0; i < batch; ++i) {
      if (i > 0) body += ",";
      body += "{\"value\":\"" + value_ + "\"";
      if (options_.keys > 0) body += ",\"key\":\"" + key_of(connection, i) + "\"";
      body += "}";
    }
    if (batch > 1) body += "]";
    return request("/kafka/produce/" + options_.log, body);
  }
  int units_of_append(int) const override { return 1; }
  std::string wait(std::uint64_t next, std::string_view) const override {
    return request("/kafka/fetch", "{\"topic\":\"" + options_.log +
                                       "\",\"partition\":0,\"offset\":" + std::to_string(next) + ",\"timeout\":60000}");
  }
  std::size_t unit_end(std::string_view input) const override {
    std::size_t head = input.find("\r\n\r\n");
    if (head == std::string_view::npos) return head;
    std::size_t length = input.find("Content-Length: ");
    if (!input.starts_with("HTTP/1.1 200") || length > head) fail("answered " + std::string(input.substr(0, 600)));
    std::size_t end = head + 4 + number_at(input.substr(length + 16));
    return input.size() < end ? std::string_view::npos : end;
  }

 private:
  std::string request(const std::string& path, const std::string& body) const {
    return "POST " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: " + options_.authorization +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

class Redis final : public Protocol {
 public:
  using Protocol::Protocol;

  std::string append(int connection, int batch) const override {
    std::string all;
    for (int i = 0; i < batch; ++i) {
      if (options_.keys > 0) {
        all += command({"XADD", options_.log, "*", "k", key_of(connection, i), "v", value_});
      } else {
        all += command({"XADD", options_.log, "*", "v", value_});
      }
    }
    return all;
  }
  int units_of_append(int batch) const override { return batch; }
  std::string wait(std::uint64_t, std::string_view last) const override {
    std::size_t line = last.find("\r\n");  // "$15\r\n1731000000000-0\r\n"
    std::string id = last.empty() ? "0" : std::string(last.substr(line + 2, last.size() - line - 4));
    return command({"XREAD", "BLOCK", "60000", "STREAMS", options_.log, id});
  }
  std::size_t unit_end(std::string_view input) const override {
    if (input.starts_with('-')) fail("answered " + std::string(input.substr(0, 200)));
    std::size_t at = 0;
    return skip_value(input, at) ? at : std::string_view::npos;
  }

 private:
  static std::string command(std::initializer_list<std::string> words) {
    std::string text = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    return text;
  }

  static bool skip_value(std::string_view input, std::size_t& at) {
    std::size_t line = input.find("\r\n", at);
    if (line == std::string_view::npos) return false;
    char kind = input[at];
    std::size_t count = input[at + 1] == '-' ? 0 : number_at(input.substr(at + 1));
    bool none = input[at + 1] == '-';
    at = line + 2;
    if (kind == '$' && !none) at += count + 2;
    if (at > input.size()) return false;
    for (std::size_t i = 0; kind == '*' && i < count; ++i) {
      if (!skip_value(input, at)) return false;
    }
    return true;
  }
};

class Nats final : public Protocol {
 public:
  using Protocol::Protocol;

  // Subscribes before anything else: to what the stream delivers where this is a reader, to its acknowledgements else.
  std::string hello(int connection) const override {
    bool reads =
        options_.mode == "wait" ? connection < options_.connections : options_.mode == "tail" && connection == 0;
    return "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB " + (reads ? options_.delivery : inbox(connection)) +
           " 1\r\nPING\r\n";
  }
  std::string append(int connection, int batch) const override {
    std::string all;
    for (int i = 0; i < batch; ++i) {
      all += "PUB " + options_.log + " " + inbox(connection) + " " + std::to_string(value_.size()) + "\r\n" + value_ +
             "\r\n";
    }
    return all;
  }
  int units_of_append(int batch) const override { return batch; }
  std::string wait(std::uint64_t, std::string_view) const override { return {}; }
  std::size_t unit_end(std::string_view input) const override {
    std::size_t at = 0;
    for (;;) {
      std::size_t line = input.find("\r\n", at);
      if (line == std::string_view::npos) return line;
      std::string_view word = input.substr(at, line - at);
      if (word.starts_with("-ERR")) fail("answered " + std::string(word));
      if (word.starts_with("PONG")) return line + 2;
      if (word.starts_with("MSG ")) {
        std::size_t end = line + 2 + number_at(word.substr(word.rfind(' ') + 1)) + 2;
        if (input.size() < end) return std::string_view::npos;
        std::string_view payload = input.substr(line + 2, end - line - 4);
        if (payload.starts_with("{\"error\"")) fail("answered " + std::string(payload));
        return end;
      }
      at = line + 2;  // INFO, +OK, and PING: a server gives up after two minutes of silence, and no part lasts so long
    }
  }

 private:
  static std::string inbox(int connection) { return "inbox." + std::to_string(connection); }
};

struct Connection {
  int number = 0;
  int socket = -1;
  int awaited = 0;  // units
  Clock::time_point sent{};
  std::string input{};
  std::string output{};
  std::string last{};  // its last unit
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options), poll_(::epoll_create1(0)) {
    if (options.protocol == "http") protocol_ = std::make_unique<Http>(options);
    if (options.protocol == "redis") protocol_ = std::make_unique<Redis>(options);
    if (options.protocol == "nats") protocol_ = std::make_unique<Nats>(options);
    if (!protocol_) fail("there is no protocol '" + options.protocol + "'");
  }

  void append();
  void tail();
  void wait();

 private:
  Connection& open();
  void send(Connection& connection, const std::string& bytes, int units);
  void flush(Connection& connection);
  // Handles what is ready; calls `done` for each connection that has all its units.
  template <class Done>
  void turn(int milliseconds, Done done);
  void settle();
  void report();

  const Options& options_;
  int poll_;
  std::unique_ptr<Protocol> protocol_{};
  std::vector<std::unique_ptr<Connection>> connections_{};
  std::size_t open_answers_ = 0;
  std::vector<std::uint32_t> times_{};  // microseconds
  std::uint64_t records_ = 0;
  double seconds_ = 0;
};

Connection& Load::open() {
  auto connection = std::make_unique<Connection>();
  connection->number = static_cast<int>(connections_.size());
  connection->socket = ::socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  ::setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = htons(static_cast<std::uint16_t>(options_.port)),
                      .sin_addr = {htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  if (::connect(connection->socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail(std::string("cannot connect: ") + std::strerror(errno));
  }
  epoll_event event{.events = EPOLLIN, .data = {.ptr = connection.get()}};
  ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection->socket, &event);
  connections_.push_back(std::move(connection));
  Connection& opened = *connections_.back();
  std::string hello = protocol_->hello(opened.number);
  if (!hello.empty()) {
    send(opened, hello, 1);
    settle();
  }
  return opened;
}

void Load::send(Connection& connection, const std::string& bytes, int units) {
  if (connection.awaited == 0) ++open_answers_;
  connection.awaited += units;
  connection.sent = Clock::now();
  connection.output += bytes;
  flush(connection);
}

void Load::flush(Connection& connection) {
  while (!connection.output.empty()) {
    ssize_t count = ::send(connection.socket, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (count < 0) fail(std::string("cannot send: ") + std::strerror(errno));
    connection.output.erase(0, static_cast<std::size_t>(count));
  }
}

template <class Done>
void Load::turn(int milliseconds, Done done) {
  epoll_event events[256];
  int count = ::epoll_wait(poll_, events, 256, milliseconds);
  for (int i = 0; i < count; ++i) {
    auto& connection = *static_cast<Connection*>(events[i].data.ptr);
    char bytes[65536];
    ssize_t got = ::recv(connection.socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) fail("the server ended a connection");
    if (got > 0) connection.input.append(bytes, static_cast<std::size_t>(got));
    std::size_t taken = 0;
    while (connection.awaited > 0) {
      std::size_t end = protocol_->unit_end(std::string_view(connection.input).substr(taken));
      if (end == std::string_view::npos) break;
      if (connection.awaited == 1) connection.last = connection.input.substr(taken, end);
      taken += end;
      if (--connection.awaited > 0) continue;
      --open_answers_;
      done(connection);
    }
    connection.input.erase(0, taken);
  }
}

// Awaits all answers that are under way.
void Load::settle() {
  auto end = Clock::now() + answer_max;
  while (open_answers_ > 0) {
    turn(100, [](Connection&) {});
    if (Clock::now() > end) fail("the server does not answer");
  }
}

void Load::append() {
  std::vector<std::string> requests;
  for (int i = 0; i < options_.connections; ++i) {
    Connection& connection = open();
    requests.push_back(protocol_->append(connection.number, options_.batch));
  }
  int units = protocol_->units_of_append(options_.batch);
  auto begin = Clock::now();
  auto end = begin + duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
  for (auto& connection : connections_) send(*connection, requests[connection->number], units);
  auto last = begin;
  while (open_answers_ > 0) {
    turn(1000, [&](Connection& connection) {
      last = Clock::now();
      times_.push_back(static_cast<std::uint32_t>(duration_cast<microseconds>(last - connection.sent).count()));
      records_ += options_.batch;
      if (last < end) send(connection, requests[connection.number], units);
    });
    if (Clock::now() > end + answer_max) fail("the server does not answer");
  }
  seconds_ = std::chrono::duration<double>(last - begin).count();
  report();
}

void Load::tail() {
  Connection& reader = open();
  Connection& writer = open();
  std::string request = protocol_->append(writer.number, 1);
  auto begin = Clock::now();
  auto end = begin + duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
  for (std::uint64_t next = 0; Clock::now() < end; ++next) {
    send(reader, protocol_->wait(next, next == 0 ? std::string_view() : writer.last), 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so that it waits when the record comes
    send(writer, request, 1);
    auto sent = writer.sent;
    while (open_answers_ > 0) {
      turn(1000, [&](Connection& connection) {
        if (&connection != &reader) return;
        auto took = duration_cast<microseconds>(Clock::now() - sent).count();
        times_.push_back(static_cast<std::uint32_t>(took));
        ++records_;
      });
      if (Clock::now() > end + answer_max) fail("the server does not answer");
    }
  }
  seconds_ = std::chrono::duration<double>(Clock::now() - begin).count();
  report();
}

void Load::wait() {
  for (int i = 0; i < options_.connections; ++i) open();
  for (auto& connection : connections_) send(*connection, protocol_->wait(0, {}), 1);
  std::cout << "ready" << std::endl;
  std::string line;
  std::getline(std::cin, line);
  auto readers = open_answers_;
  auto connection = std::make_unique<Connection>();
  connection->number = options_.connections;
  connection->socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = htons(static_cast<std::uint16_t>(options_.port)),
                      .sin_addr = {htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  if (::connect(connection->socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
  connections_.push_back(std::move(connection));
  Connection& writer = *connections_.back();
  std::string hello = protocol_->hello(writer.number);
  auto begin = Clock::now();
  writer.output = hello + protocol_->append(writer.number, 1);
  flush(writer);
  auto last = begin;
  while (open_answers_ > 0) {
    turn(1000, [&](Connection&) {
      last = Clock::now();
      times_.push_back(static_cast<std::uint32_t>(duration_cast<microseconds>(last - begin).count()));
    });
    if (Clock::now() > begin + answer_max) fail(std::to_string(open_answers_) + " readers were not woken");
  }
  records_ = readers;
  seconds_ = std::chrono::duration<double>(last - begin).count();
  report();
}

void Load::report() {
  if (times_.empty()) fail("nothing was answered");
  std::sort(times_.begin(), times_.end());
  auto at = [&](double share) { return times_[static_cast<std::size_t>(share * (times_.size() - 1))] / 1000.0; };
  std::printf(
      "{\"records\":%llu,\"requests\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
      "\"max_ms\":%.3f}\n",
      static_cast<unsigned long long>(records_), times_.size(), seconds_, records_ / seconds_, at(0.5), at(0.99),
      times_.back() / 1000.0);
}

}  // namespace

int main(int count, char** arguments) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  Options options = parse_options(count, arguments);
  Load load(options);
  if (options.mode == "append") {
    load.append();
  } else if (options.mode == "tail") {
    load.tail();
  } else if (options.mode == "wait") {
    load.wait();
  } else {
    fail("there is no mode '" + options.mode + "'");
  }
}
