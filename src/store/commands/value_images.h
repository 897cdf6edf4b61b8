#pragma once

// Whole values read from a keyspace and written into it, as DUMP and RESTORE carry them.

#include <string_view>

#include "store/embedded/keyspace.h"
#include "store/rdb/value.h"

namespace millrace::store {

// What stands at `key`, where `row` is.
Result<rdb::Value> read_image(Keyspace& keys, std::string_view key, const KeyRow& row);

// Writes it to `key`, where nothing stands.
Result<void> write_image(Keyspace& keys, std::string_view key, const rdb::Value& value);

}  // namespace millrace::store
