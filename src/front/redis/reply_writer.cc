#include "front/redis/reply_writer.h"

#include <charconv>

#include "store/commands/text.h"

namespace millrace::front {
namespace {

using store::Reply;

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_head(std::string& out, char mark, std::size_t count) {
  out.push_back(mark);
  if (count < 10) {
    out.push_back(static_cast<char>('0' + count));
  } else {
    append_number(out, static_cast<std::int64_t>(count));
  }
  out.append("\r\n");
}

void append_line(std::string& out, char mark, std::string_view text) {
  out.push_back(mark);
  for (const char c : text) out.push_back(c == '\r' || c == '\n' ? ' ' : c);
  out.append("\r\n");
}

void append_elements(std::string& out, const Reply& reply, RespVersion version) {
  for (const Reply& element : reply.elements) append_reply(out, element, version);
}

void append_real(std::string& out, double number, RespVersion version) {
  if (version == RespVersion::three) {
    out.push_back(',');
    append_real_text(out, number);
    out.append("\r\n");
    return;
  }
  std::string text;
  append_real_text(text, number);
  append_bulk(out, text);
}

void append_boolean(std::string& out, bool yes, RespVersion version) {
  if (version == RespVersion::three) {
    out.append(yes ? "#t\r\n" : "#f\r\n");
  } else {
    out.append(yes ? ":1\r\n" : ":0\r\n");
  }
}

void append_verbatim(std::string& out, std::string_view text, RespVersion version) {
  if (version == RespVersion::two) return append_bulk(out, text);
  constexpr std::string_view format = "txt:";
  append_head(out, '=', format.size() + text.size());
  out.append(format).append(text).append("\r\n");
}

void append_big_number(std::string& out, std::string_view digits, RespVersion version) {
  if (version == RespVersion::two) return append_bulk(out, digits);
  append_line(out, '(', digits);
}

}  // namespace

void append_reply(std::string& out, const Reply& reply, RespVersion version) {
  using Kind = Reply::Kind;
  switch (reply.kind) {
    case Kind::nil: return append_nil(out, version);
    case Kind::nil_array: return append_nil_array(out, version);
    case Kind::integer: return append_integer(out, reply.integer);
    case Kind::bulk: return append_bulk(out, reply.text);
    case Kind::simple: return append_simple(out, reply.text);
    case Kind::error: return append_error(out, reply.text);
    case Kind::real: return append_real(out, reply.real, version);
    case Kind::boolean: return append_boolean(out, reply.integer != 0, version);
    case Kind::verbatim: return append_verbatim(out, reply.text, version);
    case Kind::big_number: return append_big_number(out, reply.text, version);
    case Kind::array: append_array_head(out, reply.elements.size()); break;
    case Kind::map: append_map_head(out, reply.elements.size() / 2, version); break;
    case Kind::set: append_head(out, version == RespVersion::two ? '*' : '~', reply.elements.size()); break;
    case Kind::push: append_push_head(out, reply.elements.size(), version); break;
  }
  append_elements(out, reply, version);
}

void append_simple(std::string& out, std::string_view text) {
  if (text == "OK") {
    out.append("+OK\r\n");
  } else {
    append_line(out, '+', text);
  }
}

void append_error(std::string& out, std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  append_line(out, '-', text);
}

void append_integer(std::string& out, std::int64_t number) {
  out.push_back(':');
  append_number(out, number);
  out.append("\r\n");
}

void append_bulk_head(std::string& out, std::size_t size) {
  append_head(out, '$', size);
}

void append_bulk(std::string& out, std::string_view text) {
  append_bulk_head(out, text.size());
  out.append(text).append("\r\n");
}

void append_array_head(std::string& out, std::size_t count) {
  append_head(out, '*', count);
}

void append_nil(std::string& out, RespVersion version) {
  out.append(version == RespVersion::two ? "$-1\r\n" : "_\r\n");
}

void append_nil_array(std::string& out, RespVersion version) {
  out.append(version == RespVersion::two ? "*-1\r\n" : "_\r\n");
}

void append_map_head(std::string& out, std::size_t pairs, RespVersion version) {
  if (version == RespVersion::two) return append_head(out, '*', 2 * pairs);
  append_head(out, '%', pairs);
}

void append_push_head(std::string& out, std::size_t count, RespVersion version) {
  append_head(out, version == RespVersion::two ? '*' : '>', count);
}

void append_real_text(std::string& out, double number) {
  store::append_real(out, number);
}

}  // namespace millrace::front
