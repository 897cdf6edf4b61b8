// The load generator: sends HTTP POST requests to one address of this machine over a fixed number of connections, each
// with a fixed number of requests under way (a closed loop), checks every answer and prints one JSON object.
//
// An answer counts as acknowledged only if its status is 200 and its body is the one expected (--expect-body) or begins
// with what is expected (--expect-prefix). At the end of the run nothing more is sent and the answers under way are
// awaited, so that the server has done exactly what is reported. One thread, epoll, nothing allocated per request, so
// that it takes as little as possible of the processor time it shares with the server. Latency is from the send of a
// request to the arrival of the last byte of its answer, kept for every request, in microseconds.

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::microseconds;

struct Options {
  int port = 0;
  int connections = 64;
  int pipeline = 1;
  double seconds = 1;
  long requests_max = 1'000'000;
  std::string bodies_file{};  // one JSON body a line, sent in turn
  std::string expect_body_file{};
  std::string expect_prefix{};
};

constexpr auto drain_max = std::chrono::seconds{10};  // a server that does not answer for longer is called stuck
constexpr size_t sample_every = 997;                  // every so many acknowledged answers, one goes into the sample
constexpr size_t samples_max = 200;
constexpr size_t sample_length_max = 200;

[[noreturn]] void fail(const std::string& message) {
  std::cerr << "load: " << message << "\n";
  std::exit(1);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail("cannot read '" + path + "'");
  return {std::istreambuf_iterator<char>(in), {}};
}

Options parse_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const char* value = arguments[i + 1];
    if (name == "--port")
      options.port = std::atoi(value);
    else if (name == "--connections")
      options.connections = std::atoi(value);
    else if (name == "--pipeline")
      options.pipeline = std::atoi(value);
    else if (name == "--seconds")
      options.seconds = std::atof(value);
    else if (name == "--requests-max")
      options.requests_max = std::atol(value);
    else if (name == "--bodies")
      options.bodies_file = value;
    else if (name == "--expect-body")
      options.expect_body_file = value;
    else if (name == "--expect-prefix")
      options.expect_prefix = value;
    else
      fail("unknown option '" + std::string(name) + "'");
  }
  if (options.port <= 0 || options.connections <= 0 || options.pipeline <= 0) fail("--port, --connections, --pipeline");
  return options;
}

std::vector<std::string> make_requests(const Options& options) {
  std::vector<std::string> requests;
  std::ifstream in(options.bodies_file);
  for (std::string body; std::getline(in, body);) {
    requests.push_back("POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
                       "\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  if (requests.empty()) fail("no bodies in '" + options.bodies_file + "'");
  return requests;
}

struct Answer {
  int status = 0;
  std::string_view body{};
  size_t length = 0;  // with its head; 0: not complete yet
};

// The value of a header of `head`, found without regard to case; empty when there is none.
std::string_view header(std::string_view head, std::string_view name) {
  for (size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    std::string_view value = line.substr(name.size() + 1, line.find("\r\n") - name.size() - 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

// Reads the first answer in `bytes`. All servers here send Content-Length; anything else ends the run.
Answer parse_answer(std::string_view bytes) {
  const size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return {};
  const std::string_view head = bytes.substr(0, head_end);
  const std::string_view length_text = header(head, "content-length");
  size_t body_length = 0;
  if (std::from_chars(length_text.data(), length_text.data() + length_text.size(), body_length).ec != std::errc{}) {
    fail("an answer without Content-Length: " + std::string(head));
  }
  const size_t length = head_end + 4 + body_length;
  if (bytes.size() < length) return {};
  return {.status = std::atoi(head.data() + 9), .body = bytes.substr(head_end + 4, body_length), .length = length};
}

// One connection: its socket, the bytes received and not read yet, and when each request under way was sent.
struct Connection {
  int socket = -1;
  std::vector<char> input = std::vector<char>(1 << 16);
  size_t received = 0;
  std::deque<Clock::time_point> under_way{};
};

class Run {
 public:
  explicit Run(Options options)
      : options_(std::move(options)), requests_(make_requests(options_)), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!options_.expect_body_file.empty()) expected_body_ = read_file(options_.expect_body_file);
    latencies_.reserve(static_cast<size_t>(std::min(options_.requests_max, 2'000'000L)));
    for (int i = 0; i < options_.connections; ++i) connections_.push_back(connect());
  }

  void execute() {
    start_ = Clock::now();
    end_ = start_ + duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    for (auto& connection : connections_) send_more(*connection, options_.pipeline);
    while (under_way_ > 0) {
      wait();
      if (Clock::now() > end_ + drain_max) fail(std::to_string(under_way_) + " requests were never answered");
    }
    finish_ = Clock::now();
  }

  void print();

 private:
  std::unique_ptr<Connection> connect() {
    auto connection = std::make_unique<Connection>();
    connection->socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(connection->socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail(std::string("cannot connect: ") + std::strerror(errno));
    }
    epoll_event interest{.events = EPOLLIN, .data = {.ptr = connection.get()}};
    epoll_ctl(poll_, EPOLL_CTL_ADD, connection->socket, &interest);
    return connection;
  }

  void wait() {
    epoll_event ready[64];
    const int count = epoll_wait(poll_, ready, 64, 100);
    for (int i = 0; i < count; ++i) receive(*static_cast<Connection*>(ready[i].data.ptr));
  }

  // Sends `count` requests as one write, unless the run is over. Requests are small against a socket's buffer, so the
  // write is allowed to block.
  void send_more(Connection& connection, int count) {
    output_.clear();
    const auto now = Clock::now();
    for (int i = 0; i < count && now < end_ && sent_ < options_.requests_max; ++i) {
      output_ += requests_[static_cast<size_t>(sent_++) % requests_.size()];
      connection.under_way.push_back(now);
      ++under_way_;
    }
    for (size_t at = 0; at < output_.size();) {
      const ssize_t written = ::send(connection.socket, output_.data() + at, output_.size() - at, MSG_NOSIGNAL);
      if (written < 0) fail(std::string("cannot send: ") + std::strerror(errno));
      at += static_cast<size_t>(written);
    }
  }

  void receive(Connection& connection) {
    auto& input = connection.input;
    if (connection.received == input.size()) input.resize(input.size() * 2);
    const ssize_t count =
        ::recv(connection.socket, input.data() + connection.received, input.size() - connection.received, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) fail("the server closed a connection");
    connection.received += static_cast<size_t>(count);

    size_t read = 0;
    int answered = 0;
    for (;;) {
      const Answer answer = parse_answer({input.data() + read, connection.received - read});
      if (answer.length == 0) break;
      if (connection.under_way.empty()) fail("an answer that no request asked for");
      note(answer, Clock::now() - connection.under_way.front());
      connection.under_way.pop_front();
      --under_way_;
      read += answer.length;
      ++answered;
    }
    std::memmove(input.data(), input.data() + read, connection.received - read);
    connection.received -= read;
    if (answered > 0) send_more(connection, answered);
  }

  void note(const Answer& answer, Clock::duration latency) {
    latencies_.push_back(static_cast<uint32_t>(duration_cast<microseconds>(latency).count()));
    if (answer.status != 200 || !is_expected(answer.body)) {
      if (failed_++ == 0)
        first_failure_ = std::to_string(answer.status) + " " + std::string(answer.body.substr(0, 500));
      return;
    }
    if (acknowledged_++ % sample_every == 0 && samples_.size() < samples_max) {
      samples_.emplace_back(answer.body.substr(0, sample_length_max));
    }
  }

  bool is_expected(std::string_view body) const {
    return expected_body_.empty() ? body.starts_with(options_.expect_prefix) : body == expected_body_;
  }

  Options options_;
  std::vector<std::string> requests_;
  int poll_;
  std::string expected_body_{};
  std::vector<std::unique_ptr<Connection>> connections_{};
  std::string output_{};
  Clock::time_point start_{}, end_{}, finish_{};
  long sent_ = 0, under_way_ = 0, acknowledged_ = 0, failed_ = 0;
  std::string first_failure_{};
  std::vector<uint32_t> latencies_{};
  std::vector<std::string> samples_{};
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval time) { return static_cast<double>(time.tv_sec) + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + '"';
}

void Run::print() {
  std::sort(latencies_.begin(), latencies_.end());
  const auto at = [&](double share) {
    return latencies_.empty() ? 0 : latencies_[static_cast<size_t>(share * static_cast<double>(latencies_.size() - 1))];
  };
  std::printf(
      "{\"acknowledged\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"latency_us\":{\"p50\":%u,\"p99\":%u,\"max\":%u},",
      acknowledged_, failed_, std::chrono::duration<double>(finish_ - start_).count(), at(0.5), at(0.99), at(1));
  std::printf("\"cpu_seconds\":%.3f,\"first_failure\":%s,\"samples\":[", cpu_seconds(), quoted(first_failure_).c_str());
  for (size_t i = 0; i < samples_.size(); ++i) std::printf("%s%s", i == 0 ? "" : ",", quoted(samples_[i]).c_str());
  std::printf("]}\n");
}

}  // namespace

int main(int count, char** arguments) {
  Run run(parse_options(count, arguments));
  run.execute();
  run.print();
}
