#include "server/credentials.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace millrace::server {
namespace {

struct Entry {
  std::string_view name{};
  std::string Credentials::*member = nullptr;
};
constexpr std::array<Entry, 8> entries = {{
    {"database_secret", &Credentials::database_secret},
    {"database_read_only_secret", &Credentials::database_read_only_secret},
    {"kafka_username", &Credentials::kafka_username},
    {"kafka_password", &Credentials::kafka_password},
    {"qstash_token", &Credentials::qstash_token},
    {"signing_key_current", &Credentials::signing_key_current},
    {"signing_key_next", &Credentials::signing_key_next},
    {"admin_secret", &Credentials::admin_secret},
}};

constexpr std::size_t secret_size = 40;  // 238 bits

std::string path_in(const std::string& folder) {
  return folder + "/credentials.json";
}

Error failed(std::string_view what, const std::string& path) {
  ErrorCode code = errno == ENOSPC ? ErrorCode::unavailable : ErrorCode::invalid;
  return {code, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno))};
}

// Whoever has the name a file is renamed to must survive a power loss too.
void sync_folder_of(const std::string& path) {
  int folder = ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

}  // namespace

Credentials make_credentials(CredentialKind kind) {
  Credentials made;
  made.database_secret = random_secret(secret_size);
  made.database_read_only_secret = random_secret(secret_size);
  made.kafka_username = random_secret(24);
  made.kafka_password = random_secret(secret_size);
  made.admin_secret = random_secret(secret_size);
  if (kind == CredentialKind::development) {
    // What the development mode of QStash's SDK sends and verifies with.
    made.qstash_token = "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=";
    made.signing_key_current = "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r";
    made.signing_key_next = "sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs";
  } else {
    std::string token =
        fmt::format(R"({{"UserID":"{}","Password":"{}"}})", random_secret(12), random_secret(secret_size));
    append_base64(made.qstash_token, token);
    made.signing_key_current = "sig_" + random_secret(28);
    made.signing_key_next = "sig_" + random_secret(28);
  }
  return made;
}

Result<Credentials> load_credentials(const std::string& folder) {
  auto text = read_file(path_in(folder));
  if (!text) return text.error();
  auto document = JsonDocument::parse(*text);
  Credentials loaded;
  for (const Entry& entry : entries) {
    const JsonValue* value = document ? document->root().find(entry.name) : nullptr;
    if (value == nullptr || !value->is_string()) {
      return Error{ErrorCode::corrupt,
                   fmt::format("{} is damaged: \"{}\" is missing. Restore the file from a backup, or "
                               "remove it for new credentials",
                               path_in(folder), entry.name)};
    }
    loaded.*entry.member = value->string();
  }
  return loaded;
}

Result<void> save_credentials(const std::string& folder, const Credentials& credentials) {
  std::string text;
  JsonWriter json(text);
  json.open_object();
  for (const Entry& entry : entries) json.key(entry.name).string(credentials.*entry.member);
  json.close_object();
  return save_private_file(path_in(folder), text + "\n");
}

Result<void> save_private_file(const std::string& path, const std::string& text) {
  std::string draft = path + ".new";
  int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed("write", draft);
  bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  if (!written) {
    Error error = failed("write", draft);
    ::close(file);
    ::unlink(draft.c_str());
    return error;
  }
  ::close(file);
  if (::rename(draft.c_str(), path.c_str()) != 0) return failed("replace", path);
  sync_folder_of(path);
  return {};
}

Result<std::string> read_file(const std::string& path) {
  std::error_code status;
  if (!std::filesystem::exists(path, status))
    return Error{ErrorCode::not_found, fmt::format("there is no file {}", path)};
  if (std::filesystem::is_directory(path, status))
    return Error{ErrorCode::invalid, fmt::format("{} is a folder", path)};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf() || file.peek() == std::ifstream::traits_type::eof())) {
    return Error{ErrorCode::invalid, fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  }
  return text.str();
}

}  // namespace millrace::server
