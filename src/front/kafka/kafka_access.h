#pragma once

// Who may do what in the log over REST. The default credential may do everything and stands in the data folder in
// clear; further ones are rows (docs/formats/log-credentials.md) that keep no password, only what checks it. A check
// takes milliseconds, so it runs in the background, and what it found is remembered.
//
// Confined to the reactor, which outlives it as the home does.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "base/scram.h"
#include "base/time.h"
#include "base/unit.h"
#include "net/reactor.h"

namespace millrace::front {

enum class LogRight : std::uint8_t { produce, consume };
enum class LogPermissions : std::uint8_t { all, produce, consume };

std::string_view to_string(LogPermissions permissions);  // "ALL"
std::optional<LogPermissions> read_permissions(std::string_view word);

// What somebody who is known may do.
struct LogAccess {
  std::string topics = "*";  // a name, or the beginning of names and then a star
  LogPermissions permissions = LogPermissions::all;

  bool covers(std::string_view topic) const;  // whether it concerns the topic at all
  bool has(LogRight right) const;
  bool may(LogRight right, std::string_view topic) const { return has(right) && covers(topic); }
};

// Whether `pattern` can be one: names of topics, a star at its end only.
bool is_topic_pattern(std::string_view pattern);

struct LogCredential {
  std::string name{};  // by which people know it
  std::string username{};
  LogAccess access{};
  Timestamp created{};
  ScramVerifier verifier{};

  bool operator==(const LogCredential& other) const;
};

std::string credential_key(std::string_view name);
std::string encode(const LogCredential& credential);
std::optional<LogCredential> decode_credential(std::string_view name, std::string_view value);

struct LogSecrets {
  std::string username{};
  std::string password{};
};

struct LogAccessOptions {
  LogSecrets default_secrets{};
  std::size_t credentials_max = 10;  // as the hosted service allows
  std::size_t checks_max = 8;        // at once: guessing passwords must not take the background threads from others
};

class LogCredentials {
 public:
  LogCredentials(Home& home, net::Reactor& reactor, LogAccessOptions options);

  // Reads the rows. Once, before serving.
  Async<Result<void>> load();

  struct Created {
    LogCredential credential{};
    std::string password{};  // told once
  };
  // Fails with `conflict` for a name that is taken, `invalid` for a name or pattern that cannot be, `over_limit`.
  Async<Result<Created>> create(std::string name, LogAccess access);
  Async<Result<void>> remove(std::string name);  // not_found
  std::vector<LogCredential> list() const;       // by name

  // What the sender of an Authorization header may do, if one like it was right before.
  const LogAccess* remembered(std::string_view header) const;
  void remember(std::string_view header, const LogAccess& access);

  // Whether a pair is right that needs no check: the default one, or one that was right before.
  bool known(const LogSecrets& pair) const;

  // Nothing for a wrong pair. Fails with `over_limit` when too many others are being checked.
  Async<Result<std::optional<LogAccess>>> check(std::string username, std::string password);

 private:
  struct Hash {
    std::size_t operator()(const Sha256& hash) const;
  };

  void admit(LogCredential credential);

  Home& home_;
  net::Reactor& reactor_;
  LogAccessOptions options_;
  std::unordered_map<std::string, LogCredential> by_username_{};
  std::unordered_map<Sha256, std::string, Hash> known_{};     // pairs that were right, and whose they are
  std::unordered_map<Sha256, LogAccess, Hash> remembered_{};  // headers that were right
  std::size_t checking_ = 0;
};

// The pair of an Authorization header; nothing when it is none of HTTP Basic.
std::optional<LogSecrets> read_basic(std::string_view header);

}  // namespace millrace::front
