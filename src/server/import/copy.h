#pragma once

// Copies a whole database: SCAN of the source in pages, DUMP and the time of expiry of each key, RESTORE here; by the
// commands of the key's type where dumps are not understood. Keys that are written meanwhile may be missed, as the
// source is not held still. Confined to one thread.

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "server/import/peer.h"

namespace millrace::server {

enum class Existing : std::uint8_t { refuse, keep, replace };  // what to do about keys that are here already

struct CopyFailure {
  std::string key{};
  std::string reason{};
};

struct CopyReport {
  std::uint64_t keys_total = 0;  // of the source when it began
  std::uint64_t copied = 0;
  std::uint64_t kept = 0;  // there was one here
  std::uint64_t gone = 0;  // deleted or expired at the source meanwhile
  std::uint64_t failed = 0;
  std::vector<CopyFailure> failures{};  // the first of them

  std::uint64_t done() const { return copied + kept + gone + failed; }
};

class Copy {
 public:
  // Both outlive it. `progress` is told after each page.
  Copy(Peer& source, Peer& target, Existing existing, std::function<void(const CopyReport&)> progress);

  // An error when it had to stop; report() says how far it came. `conflict` when there are keys here that nobody said
  // what to do about. A key that cannot be copied does not stop it.
  Result<void> run();
  const CopyReport& report() const { return report_; }

 private:
  struct Key {
    std::string name{};
    std::int64_t expires_at = 0;
    std::string dump{};
  };

  Result<void> look_around();
  Result<void> copy_page(const std::vector<std::string>& names);
  Result<void> copy_group(std::span<const std::string> names);
  Result<std::vector<Key>> read_group(std::span<const std::string> names);
  Result<void> restore(const std::vector<Key>& keys);
  Result<void> take_outcome(const Key& key, const RedisReply& reply);
  Result<void> by_type(const Key& key);
  Result<void> fail(const Key& key, const std::string& reason);
  void count(const std::string& name, std::uint64_t CopyReport::*outcome);
  std::int64_t expiry_of(const RedisReply& reply) const;

  Peer& source_;
  Peer& target_;
  Existing existing_;
  std::function<void(const CopyReport&)> progress_;
  CopyReport report_{};
  bool dumps_ = true;           // the source has DUMP, and RESTORE here understands it
  bool times_absolute_ = true;  // the source has PEXPIRETIME
  std::size_t group_size_ = 16;
  // SCAN may name a key twice: by the hashes of those that were counted, a second time is not counted again. 64 bits:
  // two of ten million keys share one in one of 350,000 databases, and then only the figures are wrong.
  std::unordered_set<std::uint64_t> counted_{};
};

}  // namespace millrace::server
