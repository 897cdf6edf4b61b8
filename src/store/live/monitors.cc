#include "store/live/monitors.h"

#include <chrono>
#include <fmt/format.h>

namespace millrace::store {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      default:
        if (c >= 32 && c < 127) {
          out += c;
        } else {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
  }
  out += '"';
}

}  // namespace

void Monitors::saw(DatabaseId database, const Caller& caller, const Command& command) {
  auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  std::string line = fmt::format("{}.{:06} [0 {}]", now.count() / 1'000'000, now.count() % 1'000'000, caller.address);
  for (const std::string& word : command) {
    line += ' ';
    append_quoted(line, word);
  }
  for (const Entry& entry : all_) {
    if (entry.database == database) entry.monitor->show(line);
  }
}

}  // namespace millrace::store
