#pragma once

// Streams within a payload.

#include <string>

#include "store/rdb/reader.h"
#include "store/rdb/value.h"

namespace millrace::store::rdb {

// `form` counts the versions of it: 1 of Redis 5, 2 of 7.0, 3 of 7.2.
Stream read_stream(Reader& in, int form);

// In form 2.
void append_stream(std::string& out, const Stream& stream);

}  // namespace millrace::store::rdb
