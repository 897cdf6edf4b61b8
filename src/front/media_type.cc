#include "front/media_type.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "net/http.h"

namespace millrace::front {
namespace {

using net::equal_ignoring_case;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts what stands before the next `separator` off `rest`.
std::string_view cut(std::string_view& rest, char separator) {
  auto at = rest.find(separator);
  std::string_view piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return trim(piece);
}

struct Range {
  std::string_view type{};
  double quality = 1;
  bool foreign_charset = false;  // asks for other bytes than UTF-8
};

std::string_view unquoted(std::string_view text) {
  bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Range parse_range(std::string_view text) {
  Range range;
  range.type = cut(text, ';');
  while (!text.empty()) {
    std::string_view parameter = cut(text, ';');
    std::string_view name = cut(parameter, '=');
    if (equal_ignoring_case(name, "q")) {
      auto [end, wrong] = std::from_chars(parameter.data(), parameter.data() + parameter.size(), range.quality);
      if (wrong != std::errc{}) range.quality = 0;
    } else if (equal_ignoring_case(name, "charset")) {
      std::string_view charset = unquoted(parameter);
      range.foreign_charset = !equal_ignoring_case(charset, "utf-8") && !equal_ignoring_case(charset, "utf8");
    }
  }
  return range;
}

// How closely `range` names `offer`: 0 not at all, 1 */*, 2 type/*, 3 itself.
int closeness(const Range& range, std::string_view offer) {
  if (range.foreign_charset) return 0;
  if (equal_ignoring_case(range.type, offer)) return 3;
  if (range.type == "*/*") return 1;
  bool any_of_type = range.type.ends_with("/*") && equal_ignoring_case(range.type.substr(0, range.type.size() - 1),
                                                                       offer.substr(0, offer.find('/') + 1));
  return any_of_type ? 2 : 0;
}

struct Liking {
  double quality = 0;
  std::size_t place = 0;  // in the header
  int closeness = 0;
};

}  // namespace

std::optional<std::size_t> choose_media_type(std::optional<std::string_view> accept,
                                             std::span<const std::string_view> offers) {
  if (!accept || trim(*accept).empty()) return offers.empty() ? std::nullopt : std::optional<std::size_t>(0);
  std::optional<std::size_t> best;
  Liking best_liking;
  for (std::size_t index = 0; index < offers.size(); ++index) {
    Liking liking;  // the closest range says how much this one is liked
    std::string_view rest = *accept;
    for (std::size_t place = 0; !rest.empty(); ++place) {
      Range range = parse_range(cut(rest, ','));
      int close = closeness(range, offers[index]);
      if (close > liking.closeness) liking = {range.quality, place, close};
    }
    if (liking.quality <= 0) continue;
    bool better = !best || liking.quality > best_liking.quality ||
                  (liking.quality == best_liking.quality && liking.place < best_liking.place);
    if (better) {
      best = index;
      best_liking = liking;
    }
  }
  return best;
}

ContentType parse_content_type(std::string_view header) {
  ContentType type;
  type.essence = cut(header, ';');
  while (!header.empty()) {
    std::string_view parameter = cut(header, ';');
    std::string_view name = cut(parameter, '=');
    if (equal_ignoring_case(name, "charset")) type.charset = unquoted(parameter);
  }
  return type;
}

}  // namespace millrace::front
