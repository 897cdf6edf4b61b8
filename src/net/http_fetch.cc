#include "net/http_fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <memory>

namespace millrace::net {
namespace {

struct Receiver {
  CURL* handle = nullptr;
  const std::function<void(std::string_view)>* on_line = nullptr;
  std::string body{};
};

void hand_over_lines(Receiver& receiver) {
  for (auto end = receiver.body.find('\n'); end != std::string::npos; end = receiver.body.find('\n')) {
    (*receiver.on_line)(std::string_view(receiver.body).substr(0, end));
    receiver.body.erase(0, end + 1);
  }
}

std::size_t receive(char* bytes, std::size_t, std::size_t size, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  receiver.body.append(bytes, size);
  long status = 0;
  curl_easy_getinfo(receiver.handle, CURLINFO_RESPONSE_CODE, &status);
  if (*receiver.on_line && status / 100 == 2) hand_over_lines(receiver);
  return size;
}

}  // namespace

Result<Fetched> fetch(const FetchRequest& request, std::function<void(std::string_view)> on_line) {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) return Error{ErrorCode::unavailable, "cannot prepare a request"};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, curl_slist_free_all);
  for (const std::string& header : request.headers) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  }
  Receiver receiver{.handle = handle.get(), .on_line = &on_line};
  curl_easy_setopt(handle.get(), CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT_MS, 3000L);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &receiver);
  if (request.trusted) {
    curl_easy_setopt(handle.get(), CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (request.method != "GET") {
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  }
  CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    return Error{ErrorCode::unavailable, fmt::format("{}: {}", request.url, curl_easy_strerror(code))};
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return Fetched{static_cast<int>(status), std::move(receiver.body)};
}

}  // namespace millrace::net
