#include "kv/rocksdb/data_folder.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace millrace::kv {
namespace {

constexpr std::string_view format_words = "millrace data ";

std::string quoted(const std::string& folder) {
  return "the data folder '" + folder + "'";
}

Error unusable(const std::string& folder, std::string_view doing, int error) {
  auto code = error == ENOSPC || error == EDQUOT ? ErrorCode::unavailable : ErrorCode::invalid;
  return {code, quoted(folder) + " cannot be used: " + std::string(doing) + ": " + std::strerror(error) +
                    "; choose a folder that this user can write"};
}

bool write_all(int descriptor, std::string_view bytes, off_t at) {
  while (!bytes.empty()) {
    auto written = ::pwrite(descriptor, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  return true;
}

std::string read_all(int descriptor, std::size_t bytes_max) {
  std::string bytes(bytes_max, '\0');
  auto read = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  bytes.resize(read > 0 ? static_cast<std::size_t>(read) : 0);
  return bytes;
}

bool sync_folder(const std::string& folder) {
  File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.descriptor()) == 0;
}

// Creates `name` with these bytes, wholly or not at all.
Result<void> create_file(const std::string& folder, const std::string& name, std::string_view bytes) {
  std::string path = folder + "/" + name;
  std::string unfinished = path + ".new";
  File file(::open(unfinished.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  bool done = file && write_all(file.descriptor(), bytes, 0) && ::fsync(file.descriptor()) == 0 &&
              ::rename(unfinished.c_str(), path.c_str()) == 0 && sync_folder(folder);
  if (!done) return unusable(folder, "creating " + name, errno);
  return {};
}

// FNV-1a: enough to tell a slot that was written from one that was not.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return sum;
}

void append_little_endian(std::string& out, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(number >> (8 * i));
}

std::uint64_t read_little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return number;
}

}  // namespace

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Error damaged(const std::string& folder, std::string_view what) {
  return {ErrorCode::corrupt, quoted(folder) + " is damaged: " + std::string(what) +
                                  "; nothing in it was changed: restore the folder from a backup, or move it away to "
                                  "start empty"};
}

Result<void> create_folder(const std::string& folder) {
  for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    std::string part = folder.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return unusable(folder, "creating " + part, errno);
    if (end == std::string::npos) break;
  }
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0) return unusable(folder, "looking at it", errno);
  if (!S_ISDIR(found.st_mode)) return unusable(folder, "looking at it", ENOTDIR);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return unusable(folder, "writing to it", errno);
  return {};
}

Result<File> lock_folder(const std::string& folder) {
  std::string path = folder + "/LOCK";
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return unusable(folder, "opening LOCK", errno);
  if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unusable(folder, "locking it", errno);
    std::string holder = read_all(file.descriptor(), 20);
    return Error{ErrorCode::unavailable, quoted(folder) + " is in use by another process" +
                                             (holder.empty() ? "" : " (" + holder + ")") +
                                             "; end that one first, or choose another folder"};
  }
  // Only to be read by people: the lock itself ends with the process.
  std::string holder = std::to_string(::getpid());
  if (::ftruncate(file.descriptor(), 0) != 0 || !write_all(file.descriptor(), holder, 0)) {
    if (errno != ENOSPC && errno != EDQUOT) return unusable(folder, "writing LOCK", errno);
  }
  return file;
}

Result<std::optional<int>> read_format(const std::string& folder) {
  std::string path = folder + "/FORMAT";
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return unusable(folder, "reading FORMAT", errno);
  std::string text = read_all(file.descriptor(), 64);
  int version = 0;
  bool valid = text.starts_with(format_words) && text.ends_with('\n');
  if (valid) {
    const char* end = text.data() + text.size() - 1;
    auto parsed = std::from_chars(text.data() + format_words.size(), end, version);
    valid = parsed.ec == std::errc{} && parsed.ptr == end && version > 0;
  }
  if (!valid) return damaged(folder, "FORMAT does not hold a format version");
  if (version == format_version) return version;
  bool newer = version > format_version;
  return Error{ErrorCode::invalid, quoted(folder) + " was written by " + (newer ? "a newer" : "an older") +
                                       " millrace (format version " + std::to_string(version) + ", this one reads " +
                                       std::to_string(format_version) + "); use that version" +
                                       (newer ? " or a newer one" : ", or begin in another folder")};
}

Result<void> write_format(const std::string& folder) {
  return create_file(folder, "FORMAT", std::string(format_words) + std::to_string(format_version) + "\n");
}

std::string SyncedMark::encode_slot(std::uint64_t sequence) {
  std::string slot;
  append_little_endian(slot, sequence);
  append_little_endian(slot, checksum(slot));
  return slot;
}

std::optional<std::uint64_t> SyncedMark::decode(std::string_view file) {
  std::optional<std::uint64_t> highest;
  for (std::size_t at : {std::size_t{0}, slot_distance}) {
    if (file.size() < at + slot_size) continue;
    auto number = file.substr(at, 8);
    if (read_little_endian(file.substr(at + 8, 8)) != checksum(number)) continue;
    auto sequence = read_little_endian(number);
    if (!highest || sequence > *highest) highest = sequence;
  }
  return highest;
}

Result<SyncedMark> SyncedMark::create(const std::string& folder) {
  std::string bytes(file_size, '\0');
  std::string slot = encode_slot(0);
  bytes.replace(0, slot_size, slot);
  bytes.replace(slot_distance, slot_size, slot);
  if (auto done = create_file(folder, "SYNCED", bytes); !done) return done.error();
  return open(folder);
}

Result<SyncedMark> SyncedMark::open(const std::string& folder) {
  std::string path = folder + "/SYNCED";
  File file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file && errno == ENOENT) return damaged(folder, "SYNCED is missing");
  if (!file) return unusable(folder, "opening SYNCED", errno);
  auto sequence = decode(read_all(file.descriptor(), file_size));
  if (!sequence) return damaged(folder, "SYNCED cannot be read");
  return SyncedMark(std::move(file), *sequence);
}

void SyncedMark::advance(std::uint64_t sequence) {
  if (sequence <= sequence_) return;
  sequence_ = sequence;
  (void)write_all(file_.descriptor(), encode_slot(sequence), slot_next_ * static_cast<off_t>(slot_distance));
  slot_next_ = 1 - slot_next_;
}

void SyncedMark::sync() {
  (void)::fdatasync(file_.descriptor());
}

}  // namespace millrace::kv
