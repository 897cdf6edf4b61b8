#include "front/qstash/destination.h"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::front {
namespace {

constexpr std::string_view control_prefix = "upstash-";
constexpr std::size_t name_bytes_max = 256;  // fits every place where names are shown

bool starts_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && net::equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool has_scheme(std::string_view text) {
  return starts_ignoring_case(text, "http://") || starts_ignoring_case(text, "https://");
}

// "https:/host/x" gets its second slash back, "https%3A%2F%2Fhost" is decoded.
std::string repaired(std::string_view text) {
  if (has_scheme(text)) return std::string(text);
  for (std::string_view scheme : {"http:/", "https:/"}) {
    if (starts_ignoring_case(text, scheme))
      return fmt::format("{}/{}", text.substr(0, scheme.size()), text.substr(scheme.size()));
  }
  if (starts_ignoring_case(text, "http%3a") || starts_ignoring_case(text, "https%3a")) {
    return net::percent_decode(text).value_or(std::string(text));
  }
  return std::string(text);
}

// Moves what is meant for us out of `query`; the rest keeps its bytes and its order.
std::string take_controls(std::string_view query, delivery::Headers& controls) {
  std::string rest;
  while (!query.empty()) {
    auto end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    auto equals = pair.find('=');
    std::string name = net::percent_decode(pair.substr(0, equals)).value_or("");
    if (starts_ignoring_case(name, control_prefix)) {
      std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
      auto decoded = net::percent_decode(value, net::Decoding::lenient, net::Plus::space);
      controls.emplace_back(std::move(name), decoded.value_or(""));
    } else if (!net::equal_ignoring_case(name, token_parameter)) {
      if (!rest.empty()) rest += '&';
      rest += pair;
    }
  }
  return rest;
}

bool unsupported_provider(std::string_view text) {
  return text == "api/llm" || text == "api/email" || text.starts_with("api/llm/") || text.starts_with("api/email/");
}

}  // namespace

Error no_such_destination() {
  return {ErrorCode::invalid, "invalid destination url: endpoint has invalid scheme, add http:// or https://"};
}

bool is_name(std::string_view text) {
  auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  return !text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, allowed);
}

Result<DestinationText> read_destination(std::string_view raw, std::string_view query) {
  DestinationText read;
  std::string text = repaired(raw);
  if (!has_scheme(text)) {
    take_controls(query, read.headers);
    std::string name = net::percent_decode(text).value_or("");
    if (unsupported_provider(name)) return Error{ErrorCode::invalid, fmt::format("{} is not supported", name)};
    if (!is_name(name)) return no_such_destination();
    read.destination.group = std::move(name);
    return read;
  }
  std::string kept;
  if (auto mark = text.find('?'); mark != std::string::npos) {
    kept = take_controls(std::string_view(text).substr(mark + 1), read.headers);
    text.resize(mark);
  }
  std::string more = take_controls(query, read.headers);
  if (!kept.empty() && !more.empty()) kept += '&';
  kept += more;
  if (!kept.empty()) text += '?' + kept;
  read.destination.url = std::move(text);
  return read;
}

}  // namespace millrace::front
