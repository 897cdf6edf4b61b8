#include "delivery/message.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace millrace::delivery {
namespace {

constexpr std::array<std::string_view, 8> names = {"CREATED", "ACTIVE",           "RETRY",   "ERROR", "DELIVERED",
                                                   "FAILED",  "CANCEL_REQUESTED", "CANCELED"};

}  // namespace

std::string_view to_string(State state) {
  return names[static_cast<std::size_t>(state)];
}

std::optional<State> state_from(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char one) { return std::toupper(one); });
  if (upper == "CANCELLED") return State::canceled;
  auto found = std::find(names.begin(), names.end(), upper);
  if (found == names.end()) return {};
  return static_cast<State>(found - names.begin());
}

}  // namespace millrace::delivery
