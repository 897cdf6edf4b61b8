#pragma once

// What can be set, by option, environment variable or configuration file, in one table. An option on the command line
// beats the environment, which beats the configuration file, which beats the default.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kv/home.h"
#include "kv/rocksdb/open.h"

namespace millrace::server {

struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;

  std::string text() const { return address + ":" + std::to_string(port); }
  bool loopback() const;
};

struct Options {
  bool tls() const { return !tls_certificate.empty(); }

  std::string data = ".millrace";
  Endpoint http{.port = 8080};
  Endpoint redis{.port = 6379};
  std::vector<std::string> files{};  // schema files; none: the to-do list
  kv::Durability durability = kv::Durability::always;
  std::string token{};  // the default database's secret; empty: one is made
  std::size_t cache_bytes = std::size_t{64} << 20;
  std::size_t body_bytes_max = std::size_t{1} << 20;
  bool playground = true;     // GraphiQL for browsers
  bool introspection = true;  // of the schema
  bool draft_statuses = false;
  bool behind_proxy = false;      // somebody else ends TLS
  std::string tls_certificate{};  // PEM files; with them both ports speak TLS
  std::string tls_key{};
  std::vector<std::string> delivery_allow{};  // hosts and ranges of addresses, beyond the internet
  std::vector<std::string> map_host{};        // "example.com:443=127.0.0.1:9443"
  std::string region = "EU-CENTRAL-1";        // that deliveries name
  bool development = false;                   // millrace dev: everything may be delivered to
  bool quiet = false;
  kv::UnsyncedWrites unsynced_writes = kv::UnsyncedWrites::to_system;
};

// One row of the table in docs/configuration.md.
struct Setting {
  std::string_view name{};         // "http": the option is --http, the configuration key http
  std::string_view environment{};  // "MILLRACE_HTTP"
  std::string_view argument{};     // "ADDRESS:PORT"; empty for a switch
  std::string_view what{};         // for --help
  std::function<Result<void>(Options&, std::string_view value)> set{};
  bool for_tests = false;  // in no help
};

std::span<const Setting> settings();

// Options from the environment, and before it from the configuration file where there is one. Fails with `invalid` and
// names the file or variable.
Result<void> apply_environment(Options& options);
Result<void> apply_file(Options& options, const std::string& file);

// "127.0.0.1:8080", "[::1]:8080", ":8080" or "8080".
Result<Endpoint> parse_endpoint(std::string_view text, const Endpoint& fallback);

}  // namespace millrace::server
