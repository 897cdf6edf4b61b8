#pragma once

// Copies one key by the commands of its type, page by page: for a source whose dumps are not understood here, and for
// values too large to be sent at once. The copy is built under another name, with an hour to live should it be
// abandoned, and takes the key's name when it is whole. Confined to one thread.

#include <cstdint>
#include <string>

#include "server/import/peer.h"

namespace millrace::server {

enum class KeyOutcome : std::uint8_t { copied, kept, gone };  // `kept`: there was one here; `gone`: not there any more

struct KeyToCopy {
  std::string name{};
  std::int64_t expires_at = 0;  // milliseconds since 1970; 0: never
  bool replace = false;
};

// `invalid`: this key cannot be copied, and nothing of it is there; any other error is a peer's.
Result<KeyOutcome> copy_by_type(Peer& source, Peer& target, const KeyToCopy& key);

}  // namespace millrace::server
