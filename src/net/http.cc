#include "net/http.h"

#include <algorithm>

namespace millrace::net {

namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char letter = lower(digit);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool is_unreserved(char letter) {
  const char small = lower(letter);
  return (small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9') ||
         std::string_view{"-._~"}.find(letter) != std::string_view::npos;
}

bool is_control(char letter) {
  return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
}

// Splits at the first `separator`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string decode_form(std::string_view text) {
  return *percent_decode(text, Decoding::lenient, Plus::space);
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

void HttpRequest::clear() {
  // 64 KiB: what an idle connection may keep of a large request.
  constexpr std::size_t kept_max = 64 * 1024;
  method = target = path = query = body = {};
  headers.clear();
  head_.clear();
  body_.clear();
  if (body_.capacity() > kept_max) body_ = {};
  version_minor = 1;
  keep_alive = true;
  upgrade_asked = false;
  gone_ = std::stop_source(std::nostopstate);
  left_ = false;
}

std::stop_token HttpRequest::gone() {
  if (!gone_.stop_possible()) {
    gone_ = std::stop_source();
    if (left_) gone_.request_stop();
  }
  return gone_.get_token();
}

HttpResponse& HttpResponse::add_header(std::string_view name, std::string_view value) {
  header_lines.reserve(header_lines.size() + name.size() + value.size() + 4);
  header_lines.append(name).append(": ");
  for (const char letter : value) header_lines.push_back(is_control(letter) && letter != '\t' ? ' ' : letter);
  header_lines.append("\r\n");
  return *this;
}

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  if (!content_type.empty() && equal_ignoring_case(name, "content-type")) return content_type;
  std::string_view rest = header_lines;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const auto colon = line.find(": ");
    if (equal_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
  }
  return std::nullopt;
}

std::string_view http_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

std::optional<std::string> percent_decode(std::string_view text, Decoding decoding, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at] == '+' && plus == Plus::space ? ' ' : text[at]);
      continue;
    }
    const int high = at + 1 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
    if (high >= 0 && low >= 0) {
      decoded.push_back(static_cast<char>(high * 16 + low));
      at += 2;
    } else if (decoding == Decoding::strict) {
      return std::nullopt;
    } else {
      decoded.push_back('%');
    }
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char letter : text) {
    if (is_unreserved(letter)) {
      encoded.push_back(letter);
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    encoded.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return encoded;
}

std::vector<std::string_view> path_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

QueryPairs parse_query(std::string_view query) {
  QueryPairs pairs;
  while (!query.empty()) {
    const auto [pair, rest] = cut(query, '&');
    query = rest;
    if (pair.empty()) continue;
    const auto [name, value] = cut(pair, '=');
    pairs.emplace_back(decode_form(name), decode_form(value));
  }
  return pairs;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto [pair, rest] = cut(query, '&');
    query = rest;
    if (pair.empty()) continue;
    const auto [encoded_name, value] = cut(pair, '=');
    if (encoded_name == name || decode_form(encoded_name) == name) return decode_form(value);
  }
  return std::nullopt;
}

}  // namespace millrace::net
