#pragma once

// The file LOG of a database: what RocksDB says about itself.
//
// RocksDB's own writer of this file ends the process when a line comes after one that found no space (in builds with
// assertions, such as Debian's). This one drops what cannot be written: nothing depends on it.
//
// Thread-safe.

#include <memory>
#include <rocksdb/env.h>
#include <string>

namespace millrace::kv {

// Makes the file anew. Never fails: what cannot be opened takes no lines.
std::shared_ptr<rocksdb::Logger> open_info_log(const std::string& path);

}  // namespace millrace::kv
