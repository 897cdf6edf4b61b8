#include "net/curl_outbound.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <curl/curl.h>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_set>

namespace millrace::net {
namespace {

using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t head_bytes_max = 64 << 10;    // of a response: more is no head
constexpr std::size_t body_read_on_max = 64 << 10;  // beyond what is kept: reading it saves the connection
constexpr Milliseconds connect_max{30'000};
constexpr std::size_t idle_handles_max = 256;

struct Transfer {
  CURL* handle = nullptr;
  OutboundRequest request{};
  std::function<void(OutboundResponse)> done{};
  OutboundResponse response{};
  curl_slist* headers = nullptr;
  curl_slist* connect_to = nullptr;
  SteadyClock::time_point began{};
  std::size_t head_bytes = 0;
  std::size_t passed_bytes = 0;  // of the body, that were not kept
  bool head_too_long = false;
  bool cut = false;
  std::string refused{};  // the address that the policy forbids
  bool any_address = false;
  const AddressPolicy* policy = nullptr;
  std::array<char, CURL_ERROR_SIZE> error{};

  ~Transfer() {
    curl_slist_free_all(headers);
    curl_slist_free_all(connect_to);
  }
};

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string& body = transfer.response.body;
  std::size_t room = transfer.request.body_bytes_max - std::min(transfer.request.body_bytes_max, body.size());
  body.append(bytes, std::min(room, size));
  if (size > room) transfer.passed_bytes += size - room;
  if (transfer.passed_bytes <= body_read_on_max) return size;
  transfer.cut = true;
  return CURL_WRITEFUNC_ERROR;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

// "x-request-id" as "X-Request-Id": HTTP/2 has lower case only.
std::string canonical(std::string_view name) {
  std::string text(name);
  bool first = true;
  for (char& one : text) {
    auto byte = static_cast<unsigned char>(one);
    one = static_cast<char>(first ? std::toupper(byte) : std::tolower(byte));
    first = one == '-';
  }
  return text;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(bytes, size);
  transfer.head_bytes += size;
  if (transfer.head_bytes > head_bytes_max) {
    transfer.head_too_long = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    transfer.response.headers.clear();  // those of an interim response
    return size;
  }
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  transfer.response.headers.emplace_back(canonical(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return size;
}

// The place where every connection begins: nothing is connected to that was not looked at here.
curl_socket_t on_open(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  auto bytes = address_of(address->addr);
  if (!bytes) return CURL_SOCKET_BAD;
  if (!transfer.any_address && !transfer.policy->allows(*bytes)) {
    transfer.refused = fmt::format("endpoint resolves to a {} address: {}",
                                   is_loopback(*bytes) ? "loopback" : "private", to_text(*bytes));
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::string host_of(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), curl_url_cleanup);
  char* host = nullptr;
  if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return {};
  }
  std::string text(host);
  curl_free(host);
  return text;
}

// A line that would break out of its header is left out.
bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char one) { return one < ' ' && one != '\t'; });
}

std::string why(const Transfer& transfer, CURLcode code) {
  if (transfer.head_too_long) return "the head of the response is too long";
  if (!transfer.refused.empty()) return transfer.refused;
  if (code == CURLE_OPERATION_TIMEDOUT) return "context deadline exceeded";
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    return fmt::format("unable to resolve host: lookup {}: no such host", host_of(transfer.request.url));
  }
  return transfer.error[0] != '\0' ? transfer.error.data() : curl_easy_strerror(code);
}

}  // namespace

struct CurlOutbound::Impl {
  Impl(Reactor& in, CurlOutboundOptions given) : reactor(in), options(std::move(given)) {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)once;
    multi = curl_multi_init();
    poll = ::epoll_create1(EPOLL_CLOEXEC);
    wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch(EPOLL_CTL_ADD, wake, EPOLLIN);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, options.idle_connections_max);
    thread = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    notify();
    thread.join();
    for (Transfer* transfer : running) {
      curl_multi_remove_handle(multi, transfer->handle);
      curl_easy_cleanup(transfer->handle);
      delete transfer;
    }
    for (CURL* handle : idle_handles) curl_easy_cleanup(handle);
    curl_multi_cleanup(multi);
    ::close(wake);
    ::close(poll);
  }

  void watch(int operation, int socket, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = socket}};
    ::epoll_ctl(poll, operation, socket, &event);
  }

  void notify() {
    std::uint64_t one = 1;
    (void)!::write(wake, &one, sizeof one);
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void* known) {
    auto& self = *static_cast<Impl*>(user);
    if (what == CURL_POLL_REMOVE) {
      self.watch(EPOLL_CTL_DEL, socket, 0);
      return 0;
    }
    std::uint32_t events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u);
    self.watch(known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, events);
    curl_multi_assign(self.multi, socket, &self);
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* user) {
    auto& self = *static_cast<Impl*>(user);
    self.due.reset();
    if (milliseconds >= 0) self.due = SteadyClock::now() + Milliseconds(milliseconds);
    return 0;
  }

  int patience() const {
    if (!due) return -1;
    auto left = std::chrono::ceil<Milliseconds>(*due - SteadyClock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), patience());
      int running_now = 0;
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == wake) {
          std::uint64_t drained = 0;
          (void)!::read(wake, &drained, sizeof drained);
          if (!begin_queued()) return;
          continue;
        }
        int mask = 0;
        if ((events[i].events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
        if ((events[i].events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
        if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
        curl_multi_socket_action(multi, events[i].data.fd, mask, &running_now);
      }
      if (due && SteadyClock::now() >= *due) {
        due.reset();
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running_now);
      }
      collect();
    }
  }

  bool begin_queued() {
    std::vector<std::unique_ptr<Transfer>> taken;
    {
      std::lock_guard lock(mutex);
      if (stopping) return false;
      taken.swap(queued);
    }
    for (auto& transfer : taken) begin(std::move(transfer));
    return true;
  }

  void begin(std::unique_ptr<Transfer> transfer) {
    if (idle_handles.empty()) {
      transfer->handle = make_handle();
    } else {
      transfer->handle = idle_handles.back();
      idle_handles.pop_back();
    }
    prepare(*transfer);
    Transfer* raw = transfer.release();
    running.insert(raw);
    curl_multi_add_handle(multi, raw->handle);
  }

  // What is the same for all requests.
  CURL* make_handle() {
    CURL* handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, on_open);
    return handle;
  }

  void prepare(Transfer& transfer) {
    CURL* handle = transfer.handle;
    const OutboundRequest& request = transfer.request;
    transfer.began = SteadyClock::now();
    transfer.policy = &options.policy;
    curl_easy_setopt(handle, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer.error.data());
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(std::min(request.timeout, connect_max).count()));
    transfer.any_address = options.policy.allows_everything();
    if (!transfer.any_address || !options.mapped.empty()) name_host(transfer);
    add_headers(transfer);
    const bool empty = !request.body || request.body->empty();
    if (empty && (request.method == "GET" || request.method == "DELETE")) {
      curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    } else {
      curl_easy_setopt(handle, CURLOPT_POST, 1L);
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(empty ? 0 : request.body->size()));
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, empty ? "" : request.body->data());
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  void name_host(Transfer& transfer) {
    std::string host = host_of(transfer.request.url);
    curl_easy_setopt(transfer.handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(transfer.handle, CURLOPT_SSL_VERIFYHOST, 2L);
    transfer.any_address = transfer.any_address || options.policy.allows_host(host);
    for (const MappedHost& mapped : options.mapped) {
      std::string line = fmt::format("{}:{}:{}:{}", mapped.host, mapped.port, mapped.address, mapped.to_port);
      transfer.connect_to = curl_slist_append(transfer.connect_to, line.c_str());
      if (mapped.host != host) continue;
      transfer.any_address = true;
      curl_easy_setopt(transfer.handle, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(transfer.handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    curl_easy_setopt(transfer.handle, CURLOPT_CONNECT_TO, transfer.connect_to);
  }

  void add_headers(Transfer& transfer) {
    bool typed = false;
    auto add = [&](const std::string& line) { transfer.headers = curl_slist_append(transfer.headers, line.c_str()); };
    for (const auto& [name, value] : transfer.request.headers) {
      if (!is_clean(name) || !is_clean(value)) continue;
      typed = typed || canonical(name) == "Content-Type";
      add(value.empty() ? name + ";" : name + ": " + value);
    }
    // What libcurl would add by itself.
    if (!typed) add("Content-Type:");
    add("Expect:");
    add("Accept:");
    curl_easy_setopt(transfer.handle, CURLOPT_HTTPHEADER, transfer.headers);
  }

  // Hands what has ended over to the reactor, all of it in one call.
  void collect() {
    using Ended = std::pair<std::function<void(OutboundResponse)>, OutboundResponse>;
    std::vector<Ended> ended;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* handle = message->easy_handle;
      CURLcode code = message->data.result;
      Transfer* raw = nullptr;
      curl_easy_getinfo(handle, CURLINFO_PRIVATE, &raw);
      std::unique_ptr<Transfer> transfer(raw);
      running.erase(raw);
      long status = 0;
      curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
      OutboundResponse& response = transfer->response;
      if (code == CURLE_OK || transfer->cut) {
        response.status = static_cast<int>(status);
      } else {
        response = {.error = why(*transfer, code)};
      }
      response.latency = std::chrono::round<Milliseconds>(SteadyClock::now() - transfer->began);
      curl_multi_remove_handle(multi, handle);
      if (idle_handles.size() < idle_handles_max) {
        // Nothing may point at the transfer any more.
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, nullptr);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, nullptr);
        curl_easy_setopt(handle, CURLOPT_CONNECT_TO, nullptr);
        curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
        idle_handles.push_back(handle);
      } else {
        curl_easy_cleanup(handle);
      }
      ended.emplace_back(std::move(transfer->done), std::move(response));
    }
    if (ended.empty()) return;
    reactor.post([ended = std::move(ended)]() mutable {
      for (Ended& each : ended) each.first(std::move(each.second));
    });
  }

  Reactor& reactor;
  const CurlOutboundOptions options;
  std::mutex mutex{};
  std::vector<std::unique_ptr<Transfer>> queued{};  // guarded by the mutex, as is
  bool stopping = false;
  int wake = -1;

  // Of the thread alone.
  CURLM* multi = nullptr;
  int poll = -1;
  std::optional<SteadyClock::time_point> due{};
  std::unordered_set<Transfer*> running{};
  std::vector<CURL*> idle_handles{};
  std::thread thread{};
};

CurlOutbound::CurlOutbound(Reactor& reactor, CurlOutboundOptions options)
    : impl_(std::make_unique<Impl>(reactor, std::move(options))) {}

CurlOutbound::~CurlOutbound() = default;

void CurlOutbound::send(OutboundRequest request, std::function<void(OutboundResponse)> done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  bool first = false;
  {
    std::lock_guard lock(impl_->mutex);
    first = impl_->queued.empty();
    impl_->queued.push_back(std::move(transfer));
  }
  if (first) impl_->notify();
}

Result<MappedHost> parse_mapped_host(std::string_view text) {
  auto wrong = Error{ErrorCode::invalid, fmt::format("'{}' maps no host; write example.com:443=127.0.0.1:9443", text)};
  auto split = [](std::string_view part, std::string& host, std::uint16_t& port) {
    auto colon = part.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    host = part.substr(0, colon);
    auto [end, error] = std::from_chars(part.data() + colon + 1, part.data() + part.size(), port);
    return error == std::errc{} && end == part.data() + part.size() && port != 0;
  };
  auto equals = text.find('=');
  if (equals == std::string_view::npos) return wrong;
  MappedHost mapped;
  if (!split(text.substr(0, equals), mapped.host, mapped.port)) return wrong;
  if (!split(text.substr(equals + 1), mapped.address, mapped.to_port)) return wrong;
  return mapped;
}

}  // namespace millrace::net
