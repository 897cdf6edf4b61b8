// RocksDB's library is not built with the thread sanitizer, which therefore does not see how its writers and its
// background threads wait for each other.

#ifdef __SANITIZE_THREAD__
extern "C" const char* __tsan_default_suppressions() {
  return "race:rocksdb::\n"
         "race:millrace::kv::RocksDbEngine::write\n";
}
#endif
