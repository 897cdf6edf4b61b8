#pragma once

// Replies as the JSON that REST answers: always in the shapes of the Redis protocol's version 2, so that `result` holds
// nothing but strings, integers, nulls and arrays. Pure; any thread.
//
//   {"result":["f1","v1"]}      a map is a flat array, a double a string, a boolean 1 or 0
//   {"error":"WRONGTYPE …"}     never encoded
//
// With base64 each string is encoded, at any depth, but for one: the status OK as the whole result. The decoders of the
// SDKs leave that alone there, and decode it elsewhere.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/reply.h"

namespace millrace::front {

enum class RestEncoding : std::uint8_t { plain, base64 };
enum class RestFormat : std::uint8_t { json, resp2 };

struct RestForm {
  RestEncoding encoding = RestEncoding::plain;
  RestFormat format = RestFormat::json;
};

// By the headers Upstash-Encoding and Upstash-Response-Format. Fails with the text to answer for a format that is none
// and for resp2 in base64, which there is not; another encoding than base64 counts as none.
Result<RestForm> read_rest_form(std::optional<std::string_view> encoding, std::optional<std::string_view> format);

// Appends {"result":…} or {"error":"…"}. Bytes that are not UTF-8 become U+FFFD, unless in base64.
void append_rest_reply(std::string& out, const store::Reply& reply, RestEncoding encoding);

// How many bytes of text a reply holds: what a limit of replies counts, before one is written.
std::size_t text_bytes(const store::Reply& reply);

void append_rest_error(std::string& out, std::string_view text);

}  // namespace millrace::front
