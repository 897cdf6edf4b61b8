#pragma once

// The secrets of a data folder: made at the first start, kept in DIR/credentials.json with mode 0600.

#include <string>

#include "base/result.h"

namespace millrace::server {

struct Credentials {
  std::string database_secret{};            // of the default database: its password and REST token
  std::string database_read_only_secret{};  // may only read
  std::string kafka_username{};
  std::string kafka_password{};
  std::string qstash_token{};
  std::string signing_key_current{};
  std::string signing_key_next{};
  std::string admin_secret{};  // of the program's own sub-commands

  bool operator==(const Credentials&) const = default;
};

// Fixed ones where an SDK's development mode expects them, random ones elsewhere.
enum class CredentialKind { development, production };
Credentials make_credentials(CredentialKind kind);

// `not_found` when the folder has none, `corrupt` when the file cannot be read as such.
Result<Credentials> load_credentials(const std::string& folder);

// Replaced as a whole and synced.
Result<void> save_credentials(const std::string& folder, const Credentials& credentials);

// Writes `text` to `path` with mode 0600: wholly and durably, or not at all.
Result<void> save_private_file(const std::string& path, const std::string& text);

// The whole of a file. `not_found` when there is none.
Result<std::string> read_file(const std::string& path);

}  // namespace millrace::server
