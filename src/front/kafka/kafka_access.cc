#include "front/kafka/kafka_access.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>

#include "base/bytes.h"
#include "net/http.h"

namespace millrace::front {
namespace {

constexpr std::string_view rows = "ac";
constexpr std::uint8_t format = 1;
constexpr std::size_t name_size_max = 100;    // a word for people
constexpr std::size_t secret_size_max = 256;  // of user names and passwords that clients send
constexpr std::size_t username_size = 32;     // 190 bits
constexpr std::size_t password_size = 43;     // 256 bits
constexpr std::size_t known_max = 10'000;     // 1 MB; then all are checked again

constexpr std::array<std::pair<LogPermissions, std::string_view>, 3> permission_words = {{
    {LogPermissions::all, "ALL"},
    {LogPermissions::produce, "PRODUCE"},
    {LogPermissions::consume, "CONSUME"},
}};

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '.' || letter == '_' || letter == '-';
}

template <class Digest>
bool read_digest(ByteReader& in, Digest& digest) {
  std::string_view bytes = in.take(digest.size());
  if (!in.ok()) return false;
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return true;
}

Sha256 pair_hash(const std::string& username, const std::string& password) {
  std::string text;
  append_sized(text, username);
  text += password;
  return sha256(text);
}

// Checked in place of a user who is not there, so that the time taken does not tell.
const ScramVerifier& nobody() {
  static const ScramVerifier verifier = make_scram_verifier("nobody");
  return verifier;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string url(text);
  for (char& letter : url) {
    if (letter == '-' || letter == '_') return std::nullopt;
    if (letter == '+') letter = '-';
    if (letter == '/') letter = '_';
  }
  return base64url_decode(url);
}

}  // namespace

std::string_view to_string(LogPermissions permissions) {
  for (const auto& [value, word] : permission_words) {
    if (value == permissions) return word;
  }
  return {};
}

std::optional<LogPermissions> read_permissions(std::string_view word) {
  for (const auto& [value, known] : permission_words) {
    if (net::equal_ignoring_case(word, known)) return value;
  }
  return std::nullopt;
}

bool LogAccess::covers(std::string_view topic) const {
  std::string_view pattern = topics;
  if (!pattern.ends_with('*')) return topic == pattern;
  pattern.remove_suffix(1);
  return topic.starts_with(pattern);
}

bool LogAccess::has(LogRight right) const {
  switch (permissions) {
    case LogPermissions::all: return true;
    case LogPermissions::produce: return right == LogRight::produce;
    case LogPermissions::consume: return right == LogRight::consume;
  }
  return false;
}

bool is_topic_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > 249) return false;
  if (pattern.ends_with('*')) pattern.remove_suffix(1);
  return std::ranges::all_of(pattern, is_name_letter);
}

bool LogCredential::operator==(const LogCredential& other) const {
  return name == other.name && username == other.username && access.topics == other.access.topics &&
         access.permissions == other.access.permissions && created == other.created && verifier == other.verifier;
}

std::string credential_key(std::string_view name) {
  return std::string(rows).append(name);
}

std::string encode(const LogCredential& credential) {
  std::string out;
  out.push_back(static_cast<char>(format));
  append_sized(out, credential.username);
  append_sized(out, credential.access.topics);
  out.push_back(static_cast<char>(credential.access.permissions));
  append_varint(out, static_cast<std::uint64_t>(credential.created.time_since_epoch().count()));
  append_sized(out, credential.verifier.salt);
  append_varint(out, credential.verifier.iterations);
  out.append(as_text(credential.verifier.stored_key_256)).append(as_text(credential.verifier.server_key_256));
  out.append(as_text(credential.verifier.stored_key_512)).append(as_text(credential.verifier.server_key_512));
  return out;
}

std::optional<LogCredential> decode_credential(std::string_view name, std::string_view value) {
  ByteReader in(value);
  LogCredential credential{.name = std::string(name)};
  if (in.byte() != format) return std::nullopt;
  credential.username = in.sized();
  credential.access.topics = in.sized();
  std::uint8_t permissions = in.byte();
  credential.access.permissions = static_cast<LogPermissions>(permissions);
  credential.created = Timestamp(std::chrono::milliseconds(in.varint()));
  credential.verifier.salt = in.sized();
  credential.verifier.iterations = static_cast<std::uint32_t>(in.varint_up_to(UINT32_MAX));
  bool whole =
      read_digest(in, credential.verifier.stored_key_256) && read_digest(in, credential.verifier.server_key_256) &&
      read_digest(in, credential.verifier.stored_key_512) && read_digest(in, credential.verifier.server_key_512);
  if (!whole || !in.at_end() || permissions >= permission_words.size()) return std::nullopt;
  return credential;
}

std::size_t LogCredentials::Hash::operator()(const Sha256& hash) const {
  std::size_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number;
}

LogCredentials::LogCredentials(Home& home, net::Reactor& reactor, LogAccessOptions options)
    : home_(home), reactor_(reactor), options_(std::move(options)) {}

Async<Result<void>> LogCredentials::load() {
  auto all =
      co_await run_command<std::vector<LogCredential>>(home_, [](Unit& unit) -> Result<std::vector<LogCredential>> {
        std::vector<LogCredential> found;
        std::string damaged;
        auto done =
            unit.scan(prefix_range(rows), Direction::ascending, [&](std::string_view key, std::string_view value) {
              std::string_view name = key.substr(rows.size());
              auto credential = decode_credential(name, value);
              if (!credential) damaged = name;
              if (credential) found.push_back(std::move(*credential));
              return credential ? Visit::more : Visit::stop;
            });
        if (!done) return done.error();
        if (!damaged.empty()) {
          return Error{ErrorCode::corrupt, fmt::format("the row of credential '{}' cannot be read", damaged)};
        }
        return found;
      });
  if (!all) co_return all.error();
  for (LogCredential& credential : *all) admit(std::move(credential));
  co_return Result<void>();
}

void LogCredentials::admit(LogCredential credential) {
  std::string username = credential.username;
  by_username_.insert_or_assign(std::move(username), std::move(credential));
}

Async<Result<LogCredentials::Created>> LogCredentials::create(std::string name, LogAccess access) {
  bool named = !name.empty() && name.size() <= name_size_max && std::ranges::all_of(name, is_name_letter);
  if (!named) {
    co_return Error{ErrorCode::invalid,
                    fmt::format("'{}' cannot name a credential: 1 to {} of a-z A-Z 0-9 . _ -", name, name_size_max)};
  }
  if (!is_topic_pattern(access.topics)) {
    co_return Error{ErrorCode::invalid,
                    fmt::format("'{}' is no topic and no beginning of topics with a star at its end", access.topics)};
  }
  Created created{.credential = {.name = name,
                                 .username = random_secret(username_size),
                                 .access = std::move(access),
                                 .created = system_now()},
                  .password = random_secret(password_size)};
  created.credential.verifier = make_scram_verifier(created.password);
  auto done = co_await run_command<bool>(home_, [&](Unit& unit) -> Result<bool> {
    auto taken = unit.get(credential_key(name));
    if (!taken) return taken.error();
    if (*taken) return Error{ErrorCode::conflict, fmt::format("there is a credential '{}' already", name)};
    if (by_username_.size() >= options_.credentials_max) {
      return Error{ErrorCode::over_limit,
                   fmt::format("there are {} credentials already, which is the most", by_username_.size())};
    }
    unit.put(credential_key(name), encode(created.credential));
    return true;
  });
  if (!done) co_return done.error();
  admit(created.credential);
  co_return created;
}

Async<Result<void>> LogCredentials::remove(std::string name) {
  auto done = co_await run_command<bool>(home_, [&](Unit& unit) -> Result<bool> {
    auto there = unit.get(credential_key(name));
    if (!there) return there.error();
    if (!*there) return Error{ErrorCode::not_found, fmt::format("there is no credential '{}'", name)};
    unit.erase(credential_key(name));
    return true;
  });
  if (!done) co_return done.error();
  std::erase_if(by_username_, [&](const auto& entry) { return entry.second.name == name; });
  known_.clear();
  remembered_.clear();
  co_return Result<void>();
}

std::vector<LogCredential> LogCredentials::list() const {
  std::vector<LogCredential> all;
  for (const auto& [username, credential] : by_username_) all.push_back(credential);
  std::ranges::sort(all, {}, &LogCredential::name);
  return all;
}

const LogAccess* LogCredentials::remembered(std::string_view header) const {
  auto found = remembered_.find(sha256(header));
  return found == remembered_.end() ? nullptr : &found->second;
}

void LogCredentials::remember(std::string_view header, const LogAccess& access) {
  if (remembered_.size() >= known_max) remembered_.clear();
  remembered_.insert_or_assign(sha256(header), access);
}

bool LogCredentials::known(const LogSecrets& pair) const {
  bool named = equal_in_constant_time(pair.username, options_.default_secrets.username);
  bool proven = equal_in_constant_time(pair.password, options_.default_secrets.password);
  return (named && proven) || known_.contains(pair_hash(pair.username, pair.password));
}

Async<Result<std::optional<LogAccess>>> LogCredentials::check(std::string username, std::string password) {
  using Answer = Result<std::optional<LogAccess>>;
  bool named = equal_in_constant_time(username, options_.default_secrets.username);
  bool proven = equal_in_constant_time(password, options_.default_secrets.password);
  if (named && proven) co_return Answer(LogAccess{});
  if (username.size() > secret_size_max || password.size() > secret_size_max) co_return Answer(std::nullopt);
  if (named || by_username_.empty()) co_return Answer(std::nullopt);
  Sha256 pair = pair_hash(username, password);
  if (auto known = known_.find(pair); known != known_.end()) co_return Answer(by_username_.at(known->second).access);
  if (checking_ >= options_.checks_max) co_return Error{ErrorCode::over_limit, "too many logins at once"};
  auto found = by_username_.find(username);
  ScramVerifier verifier = found == by_username_.end() ? nobody() : found->second.verifier;
  ++checking_;
  bool right = co_await reactor_.on_background([&] { return scram_matches(verifier, password); });
  --checking_;
  found = by_username_.find(username);
  if (!right || found == by_username_.end()) co_return Answer(std::nullopt);
  if (known_.size() >= known_max) known_.clear();
  known_.emplace(pair, username);
  co_return Answer(found->second.access);
}

std::optional<LogSecrets> read_basic(std::string_view header) {
  constexpr std::string_view scheme = "basic ";
  if (header.size() < scheme.size() || !net::equal_ignoring_case(header.substr(0, scheme.size()), scheme)) return {};
  header.remove_prefix(scheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  auto pair = base64_decode(header);
  if (!pair) return {};
  std::size_t colon = pair->find(':');
  if (colon == std::string::npos) return {};
  return LogSecrets{pair->substr(0, colon), pair->substr(colon + 1)};
}

}  // namespace millrace::front
