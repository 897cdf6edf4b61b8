#pragma once

// Replies as the bytes of the Redis protocol, in its versions 2 and 3. The version 2 knows neither nulls nor doubles
// nor maps; what becomes of them is Redis 7.2's rule. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "store/reply.h"

namespace millrace::front {

enum class RespVersion : std::uint8_t { two = 2, three = 3 };

void append_reply(std::string& out, const store::Reply& reply, RespVersion version);

// The parts of replies, for those that are written without being built. A line break in an error or a simple string
// becomes a space.
void append_simple(std::string& out, std::string_view text);
void append_error(std::string& out, std::string_view text);  // begins with its code: "ERR ..."
void append_integer(std::string& out, std::int64_t number);
void append_bulk(std::string& out, std::string_view text);
void append_bulk_head(std::string& out, std::size_t size);  // then the text and a line break
void append_array_head(std::string& out, std::size_t count);
void append_nil(std::string& out, RespVersion version);
void append_nil_array(std::string& out, RespVersion version);
void append_map_head(std::string& out, std::size_t pairs, RespVersion version);
void append_push_head(std::string& out, std::size_t count, RespVersion version);

// A number as Redis writes scores: integers without a point, others in the fewest digits that read back the same,
// "inf", "-inf", "nan".
void append_real_text(std::string& out, double number);

}  // namespace millrace::front
