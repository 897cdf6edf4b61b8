#include "eventlog/topic_name.h"

#include <algorithm>

namespace millrace::eventlog {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

bool is_topic_name(std::string_view name) {
  constexpr std::size_t size_max = 249;  // Kafka's: a folder's name, less room for the partition and a suffix
  if (name.empty() || name.size() > size_max || name == "." || name == "..") return false;
  return std::ranges::all_of(name, is_name_character);
}

std::string collision_name(std::string_view name) {
  std::string folded(name);
  std::ranges::replace(folded, '.', '_');
  return folded;
}

}  // namespace millrace::eventlog
