#pragma once

// The payload of DUMP and RESTORE: a value as in the files of Redis, the version of that format and a checksum; see
// docs/formats/dump.md. What is written, Redis 7.0 and later read (7.4 and later, where fields of a hash expire); what
// Redis 2.8 to 7.4 writes is read, in whichever encoding. Pure. The decoder is total: any bytes give a value or an
// error, and take no more than `expanded_bytes_max` of memory, give or take a constant factor.

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/rdb/value.h"

namespace millrace::store::rdb {

constexpr std::size_t expanded_bytes_max = std::size_t{512} << 20;  // what the largest string has

std::string encode(const Value& value);

// `invalid` when the version is of a later time, the checksum is wrong, or these are no bytes of a value: in the words
// that RESTORE answers.
Result<Value> decode(std::string_view payload);

}  // namespace millrace::store::rdb
