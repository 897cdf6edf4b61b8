// The mark in SYNCED, from any bytes: decoding must not read past them, and what it finds must be what was encoded.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "kv/rocksdb/data_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using millrace::kv::SyncedMark;
  std::string file(reinterpret_cast<const char*>(bytes), size);
  auto sequence = SyncedMark::decode(file);
  if (sequence && file.find(SyncedMark::encode_slot(*sequence)) == std::string::npos) std::abort();
  return 0;
}
