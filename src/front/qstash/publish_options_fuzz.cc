// Any list of headers and any destination: read without a fault, and what is forwarded can be sent as headers and holds
// nothing that belongs to a connection.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "front/qstash/destination.h"
#include "front/qstash/publish_options.h"

namespace {

using namespace millrace;
using namespace millrace::front;

std::string_view take_line(std::string_view& text) {
  auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void check(const delivery::Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!is_header(name, value) || name == "Host" || name == "Content-Length" || name == "Transfer-Encoding")
      std::abort();
  }
}

}  // namespace

// The first line is the destination, each other one a header.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view target = take_line(text);
  auto mark = target.find('?');
  auto destination = read_destination(target.substr(0, mark), mark == target.npos ? "" : target.substr(mark + 1));
  if (destination && destination->destination.url.empty() == destination->destination.group.empty()) std::abort();
  std::vector<net::HttpHeader> headers;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    auto colon = line.find(':');
    if (colon == line.npos || !is_header(line.substr(0, colon), line.substr(colon + 1))) continue;
    headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  auto options = read_publish_options(headers);
  if (!options) return 0;
  check(options->headers);
  if (options->callback) check(options->callback->headers);
  delivery::PublishRequest request;
  apply(std::move(*options), request);
  check(request.content.headers);
  return 0;
}
