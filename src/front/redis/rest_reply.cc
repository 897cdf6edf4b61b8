#include "front/redis/rest_reply.h"

#include <charconv>
#include <fmt/format.h>

#include "base/crypto.h"
#include "base/json_writer.h"
#include "front/redis/reply_writer.h"
#include "net/http.h"

namespace millrace::front {
namespace {

using store::Reply;

void append_string(std::string& out, std::string_view text, RestEncoding encoding) {
  if (encoding == RestEncoding::plain) return append_json_string_repaired(out, text);
  out += '"';
  append_base64(out, text);
  out += '"';
}

void append_integer_literal(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_real_string(std::string& out, double number, RestEncoding encoding) {
  std::string text;
  append_real_text(text, number);
  append_string(out, text, encoding);
}

void append_value(std::string& out, const Reply& reply, RestEncoding encoding);

void append_list(std::string& out, const std::vector<Reply>& elements, RestEncoding encoding) {
  out += '[';
  for (const Reply& element : elements) {
    if (&element != &elements.front()) out += ',';
    append_value(out, element, encoding);
  }
  out += ']';
}

void append_value(std::string& out, const Reply& reply, RestEncoding encoding) {
  using Kind = Reply::Kind;
  switch (reply.kind) {
    case Kind::nil:
    case Kind::nil_array: out += "null"; return;
    case Kind::integer: return append_integer_literal(out, reply.integer);
    case Kind::boolean: return append_integer_literal(out, reply.integer != 0 ? 1 : 0);
    case Kind::real: return append_real_string(out, reply.real, encoding);
    case Kind::bulk:
    case Kind::simple:
    case Kind::error:  // of a script, inside its table
    case Kind::verbatim:
    case Kind::big_number: return append_string(out, reply.text, encoding);
    case Kind::array:
    case Kind::map:
    case Kind::set:
    case Kind::push: return append_list(out, reply.elements, encoding);
  }
}

}  // namespace

Result<RestForm> read_rest_form(std::optional<std::string_view> encoding, std::optional<std::string_view> format) {
  RestForm form;
  if (encoding && net::equal_ignoring_case(*encoding, "base64")) form.encoding = RestEncoding::base64;
  if (!format || format->empty() || net::equal_ignoring_case(*format, "json")) return form;
  if (!net::equal_ignoring_case(*format, "resp2")) {
    return Error{ErrorCode::invalid, fmt::format("ERR unsupported response format: '{}'. Use json or resp2", *format)};
  }
  if (form.encoding == RestEncoding::base64) {
    return Error{ErrorCode::invalid, "ERR response format resp2 cannot be encoded with base64"};
  }
  form.format = RestFormat::resp2;
  return form;
}

void append_rest_reply(std::string& out, const Reply& reply, RestEncoding encoding) {
  if (reply.is_error()) return append_rest_error(out, reply.text);
  out += "{\"result\":";
  if (reply.kind == Reply::Kind::simple && reply.text == "OK") {
    out += "\"OK\"";
  } else {
    append_value(out, reply, encoding);
  }
  out += '}';
}

std::size_t text_bytes(const Reply& reply) {
  std::size_t bytes = reply.text.size();
  for (const Reply& element : reply.elements) bytes += text_bytes(element);
  return bytes;
}

void append_rest_error(std::string& out, std::string_view text) {
  out += "{\"error\":";
  append_json_string_repaired(out, text);
  out += '}';
}

}  // namespace millrace::front
