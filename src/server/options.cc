#include "server/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <toml.hpp>

namespace millrace::server {
namespace {

Error wrong(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

Result<bool> parse_switch(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off" || text.empty()) return false;
  return wrong(fmt::format("'{}' is neither true nor false", text));
}

// "64", "64KiB", "64MiB", "2GiB".
Result<std::size_t> parse_bytes(std::string_view text) {
  std::size_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::pair<std::string_view, int> units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
  for (const auto& [name, shift] : units) {
    if (error == std::errc{} && unit == name) return number << shift;
  }
  return wrong(fmt::format("'{}' is no size; write 64MiB", text));
}

auto switch_setter(bool Options::*member) {
  return [member](Options& options, std::string_view value) -> Result<void> {
    auto parsed = parse_switch(value);
    if (!parsed) return parsed.error();
    options.*member = *parsed;
    return {};
  };
}

auto bytes_setter(std::size_t Options::*member) {
  return [member](Options& options, std::string_view value) -> Result<void> {
    auto parsed = parse_bytes(value);
    if (!parsed) return parsed.error();
    options.*member = *parsed;
    return {};
  };
}

auto endpoint_setter(Endpoint Options::*member) {
  return [member](Options& options, std::string_view value) -> Result<void> {
    auto parsed = parse_endpoint(value, options.*member);
    if (!parsed) return parsed.error();
    options.*member = *parsed;
    return {};
  };
}

auto text_setter(std::string Options::*member) {
  return [member](Options& options, std::string_view value) -> Result<void> {
    options.*member = value;
    return {};
  };
}

// "a,b": each time some more.
auto list_setter(std::vector<std::string> Options::*member) {
  return [member](Options& options, std::string_view value) -> Result<void> {
    while (!value.empty()) {
      auto comma = std::min(value.find(','), value.size());
      if (comma > 0) (options.*member).emplace_back(value.substr(0, comma));
      value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return {};
  };
}

Result<void> set_durability(Options& options, std::string_view value) {
  if (value == "always") {
    options.durability = kv::Durability::always;
  } else if (value == "interval") {
    options.durability = kv::Durability::interval;
  } else if (value == "os") {
    options.durability = kv::Durability::os;
  } else {
    return wrong(fmt::format("'{}' is no durability; write always, interval or os", value));
  }
  return {};
}

Result<void> set_statuses(Options& options, std::string_view value) {
  if (value != "audited" && value != "draft-2026") return wrong("write audited or draft-2026");
  options.draft_statuses = value == "draft-2026";
  return {};
}

Result<void> set_unsynced_writes(Options& options, std::string_view value) {
  auto held = parse_switch(value);
  if (!held) return held.error();
  options.unsynced_writes = *held ? kv::UnsyncedWrites::held_in_memory : kv::UnsyncedWrites::to_system;
  return {};
}

const std::vector<Setting>& table() {
  static const std::vector<Setting> rows = {
      {"data", "MILLRACE_DATA", "DIR", "the data folder (.millrace)", text_setter(&Options::data)},
      {"http", "MILLRACE_HTTP", "ADDRESS:PORT", "where to serve HTTP (127.0.0.1:8080)",
       endpoint_setter(&Options::http)},
      {"redis", "MILLRACE_REDIS", "ADDRESS:PORT", "where to serve the Redis protocol (127.0.0.1:6379)",
       endpoint_setter(&Options::redis)},
      {"durability", "MILLRACE_DURABILITY", "LEVEL",
       "when a write is acknowledged: always (synced to disk, the default), interval or os", set_durability},
      {"cache", "MILLRACE_CACHE", "SIZE", "memory for rows read lately (64MiB)", bytes_setter(&Options::cache_bytes)},
      {"body-max", "MILLRACE_BODY_MAX", "SIZE", "the largest request body (1MiB)",
       bytes_setter(&Options::body_bytes_max)},
      {"playground", "MILLRACE_PLAYGROUND", "BOOL", "GraphiQL for browsers (true; serve: false)",
       switch_setter(&Options::playground)},
      {"introspection", "MILLRACE_INTROSPECTION", "BOOL", "let clients ask for the schema (true; serve: false)",
       switch_setter(&Options::introspection)},
      {"statuses", "MILLRACE_STATUSES", "PROFILE", "HTTP statuses of GraphQL failures: audited (default) or draft-2026",
       set_statuses},
      {"behind-proxy", "MILLRACE_BEHIND_PROXY", "BOOL", "serve: allow plain HTTP beyond this machine (false)",
       switch_setter(&Options::behind_proxy)},
      {"tls-certificate", "MILLRACE_TLS_CERTIFICATE", "FILE", "speak TLS: the certificate chain (PEM)",
       text_setter(&Options::tls_certificate)},
      {"tls-key", "MILLRACE_TLS_KEY", "FILE", "its private key (PEM)", text_setter(&Options::tls_key)},
      {"delivery-allow", "MILLRACE_DELIVERY_ALLOW", "LIST",
       "serve: hosts and ranges that messages may go to beyond the internet: 10.1.0.0/16,hooks.internal",
       list_setter(&Options::delivery_allow)},
      {"region", "MILLRACE_REGION", "NAME", "what deliveries name as their region (EU-CENTRAL-1)",
       text_setter(&Options::region)},
      {"map-host", "MILLRACE_MAP_HOST", "LIST",
       "deliver elsewhere, with no look at certificates: example.com:443=127.0.0.1:9443",
       list_setter(&Options::map_host), true},
      {"quiet", "MILLRACE_QUIET", "", "do not tell each mutation's steps", switch_setter(&Options::quiet)},
      {"hold-unsynced", "MILLRACE_TEST_HOLD_UNSYNCED", "", "keep unsynced bytes in memory: the end is a power loss",
       set_unsynced_writes, true},
  };
  return rows;
}

// The environment variable that names the secret has no option: command lines are visible to all users.
constexpr const char* token_variable = "MILLRACE_TOKEN";

Result<void> apply_value(Options& options, const std::string& key, const toml::value& value) {
  auto located = [&](const std::string& message) {
    return wrong(fmt::format("line {}: {}: {}", value.location().line(), key, message));
  };
  if (key == "token") {
    if (!value.is_string()) return located("write a string");
    options.token = value.as_string().str;
    return {};
  }
  if (key == "schema") {
    if (!value.is_array()) return located("write a list of files");
    for (const auto& file : value.as_array()) {
      if (!file.is_string()) return located("write a list of files");
      options.files.push_back(file.as_string().str);
    }
    return {};
  }
  for (const Setting& setting : settings()) {
    if (setting.name != key) continue;
    if (value.is_array()) {
      for (const auto& item : value.as_array()) {
        if (!item.is_string()) return located("write a list of strings");
        if (auto done = setting.set(options, item.as_string().str); !done) return located(done.error().message);
      }
      return {};
    }
    std::string text = value.is_string()    ? value.as_string().str
                       : value.is_boolean() ? (value.as_boolean() ? "true" : "false")
                       : value.is_integer() ? std::to_string(value.as_integer())
                                            : "";
    auto done = setting.set(options, text);
    return done ? done : located(done.error().message);
  }
  return located("there is no such setting");
}

}  // namespace

bool Endpoint::loopback() const {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

std::span<const Setting> settings() {
  return table();
}

Result<void> apply_environment(Options& options) {
  for (const Setting& setting : settings()) {
    const char* value = std::getenv(std::string(setting.environment).c_str());
    if (value == nullptr) continue;
    if (auto done = setting.set(options, value); !done) {
      return wrong(fmt::format("{}: {}", setting.environment, done.error().message));
    }
  }
  if (const char* token = std::getenv(token_variable)) options.token = token;
  return {};
}

Result<void> apply_file(Options& options, const std::string& file) {
  std::error_code unknown;
  if (std::filesystem::is_directory(file, unknown)) return wrong(fmt::format("cannot read {}: it is a folder", file));
  try {
    const toml::value root = toml::parse(file);
    for (const auto& [key, value] : root.as_table()) {
      if (auto done = apply_value(options, key, value); !done) {
        return wrong(fmt::format("{}: {}", file, done.error().message));
      }
    }
    return {};
  } catch (const toml::exception& problem) {
    return wrong(fmt::format("{}: line {} is not TOML", file, problem.location().line()));
  } catch (const std::exception&) {
    return wrong(fmt::format("cannot read {}", file));
  }
}

Result<Endpoint> parse_endpoint(std::string_view text, const Endpoint& fallback) {
  Endpoint endpoint = fallback;
  auto colon = text.rfind(':');
  std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  std::string_view address = colon == std::string_view::npos ? std::string_view{} : text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (!address.empty()) endpoint.address = address;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc{} || end != port.data() + port.size()) {
    return wrong(fmt::format("'{}' is no address; write 127.0.0.1:8080", text));
  }
  return endpoint;
}

}  // namespace millrace::server
