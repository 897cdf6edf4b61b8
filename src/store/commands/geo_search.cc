#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/geo_arguments.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/sorted_set_arguments.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

enum class Order { cells, nearest_first, farthest_first };

struct Search {
  GeoShape shape{};
  double unit = 1;  // of the answer's distances, in meters
  Order order = Order::cells;
  std::uint64_t count_max = 0;  // 0: all
  bool any = false;             // the first that are found will do
  bool with_distance = false;
  bool with_cell = false;
  bool with_point = false;
  std::optional<std::string> store_at{};
  bool store_distances = false;

  bool has_center = false;
  bool has_extent = false;
};

// What the name of a command allows.
struct Form {
  bool newer = false;          // GEOSEARCH and GEOSEARCHSTORE, which say by options where to search
  bool may_store = false;      // STORE and STOREDIST with a key
  bool stores_always = false;  // GEOSEARCHSTORE, where STOREDIST has none
};

// Reads the words of a command one after the other.
class Words {
 public:
  explicit Words(std::span<const std::string> words) : words_(words) {}

  bool at_end() const { return words_.empty(); }
  std::size_t left() const { return words_.size(); }
  const std::string& next() {
    const std::string& word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }
  // Takes the next word if it is `name` and at least `values` more follow.
  bool take(std::string_view name, std::size_t values = 0) {
    if (words_.size() <= values || !equals_ignoring_case(words_.front(), name)) return false;
    next();
    return true;
  }

 private:
  std::span<const std::string> words_;
};

Error refused(std::string text) {
  return {ErrorCode::invalid, std::move(text)};
}

Result<void> parse_radius(Words& words, Search& search) {
  auto radius = to_double(words.next());
  if (!radius) return refused("ERR need numeric radius");
  if (*radius < 0) return refused("ERR radius cannot be negative");
  auto unit = parse_unit(words.next());
  if (!unit) return unit.error();
  search.unit = *unit;
  search.shape.is_box = false;
  search.shape.radius = *radius * *unit;
  search.has_extent = true;
  return {};
}

Result<void> parse_box(Words& words, Search& search) {
  auto width = to_double(words.next());
  if (!width) return refused("ERR need numeric width");
  auto height = to_double(words.next());
  if (!height) return refused("ERR need numeric height");
  if (*width < 0 || *height < 0) return refused("ERR height or width cannot be negative");
  auto unit = parse_unit(words.next());
  if (!unit) return unit.error();
  search.unit = *unit;
  search.shape.is_box = true;
  search.shape.width = *width * *unit;
  search.shape.height = *height * *unit;
  search.has_extent = true;
  return {};
}

Result<void> parse_center(Words& words, Search& search) {
  const std::string& longitude = words.next();
  auto point = parse_point(longitude, words.next());
  if (!point) return point.error();
  search.shape.center = *point;
  search.has_center = true;
  return {};
}

// Around a member. That of a key that is not there does not matter: nothing will be found.
Result<void> find_center(Words& words, SortedSet& set, Search& search) {
  const std::string& member = words.next();
  search.has_center = true;
  if (!set.exists()) return {};
  auto score = set.score(member);
  if (!score) return score.error();
  if (!*score) return refused("ERR could not decode requested zset member");
  search.shape.center = middle_of(cell_of_score(**score));
  return {};
}

Result<void> parse_count(Words& words, Search& search) {
  auto count = parse_integer(words.next());
  if (!count) return count.error();
  if (*count <= 0) return refused("ERR COUNT must be > 0");
  search.count_max = static_cast<std::uint64_t>(*count);
  return {};
}

Result<void> parse_shape(Words& words, SortedSet& set, Search& search) {
  if (words.take("FROMMEMBER", 1)) return find_center(words, set, search);
  if (words.take("FROMLONLAT", 2)) return parse_center(words, search);
  if (words.take("BYRADIUS", 2)) return parse_radius(words, search);
  if (words.take("BYBOX", 3)) return parse_box(words, search);
  return syntax_error();
}

bool take_flag(Words& words, Search& search) {
  for (auto [name, flag] : {std::pair{"WITHDIST", &Search::with_distance},
                            {"WITHHASH", &Search::with_cell},
                            {"WITHCOORD", &Search::with_point},
                            {"ANY", &Search::any}}) {
    if (!words.take(name)) continue;
    search.*flag = true;
    return true;
  }
  return false;
}

bool take_order(Words& words, Search& search) {
  if (words.take("ASC")) {
    search.order = Order::nearest_first;
  } else if (words.take("DESC")) {
    search.order = Order::farthest_first;
  } else {
    return false;
  }
  return true;
}

bool take_store(Words& words, Search& search, const Form& form) {
  if (form.stores_always && words.take("STOREDIST")) {
    search.store_distances = true;
    return true;
  }
  if (!form.may_store) return false;
  bool distances = words.take("STOREDIST", 1);
  if (!distances && !words.take("STORE", 1)) return false;
  search.store_distances = distances;
  search.store_at = words.next();
  return true;
}

// FROMMEMBER and FROMLONLAT exclude each other, as do BYRADIUS and BYBOX, but either may come twice.
class Exclusion {
 public:
  bool refuses(const Words& words) {
    for (auto [name, group] : {std::pair{"FROMMEMBER", 0}, {"FROMLONLAT", 0}, {"BYRADIUS", 1}, {"BYBOX", 1}}) {
      Words ahead = words;
      if (!ahead.take(name)) continue;
      if (!seen_[group].empty() && seen_[group] != name) return true;
      seen_[group] = name;
    }
    return false;
  }

 private:
  std::string_view seen_[2]{};
};

Result<void> parse_options(Words& words, SortedSet& set, Search& search, const Form& form) {
  Exclusion exclusion;
  while (!words.at_end()) {
    if (take_flag(words, search) || take_order(words, search) || take_store(words, search, form)) continue;
    Result<void> done;
    if (words.take("COUNT", 1)) {
      done = parse_count(words, search);
    } else if (form.newer && !exclusion.refuses(words)) {
      done = parse_shape(words, set, search);
    } else {
      return syntax_error();
    }
    if (!done) return done;
  }
  return {};
}

Result<void> check(const Search& search, const Form& form, std::string_view name) {
  if (search.store_at && (search.with_distance || search.with_cell || search.with_point)) {
    return refused(fmt::format("ERR {} is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                               form.stores_always ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS"));
  }
  if (!search.has_center) {
    return refused(fmt::format("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}", name));
  }
  if (!search.has_extent) {
    return refused(fmt::format("ERR exactly one of BYRADIUS and BYBOX can be specified for {}", name));
  }
  if (search.any && search.count_max == 0) return refused("ERR the ANY argument requires COUNT argument");
  return {};
}

struct Found {
  std::string member{};
  double score = 0;
  GeoPoint point{};
  double distance = 0;  // in the search's unit
};

Result<std::vector<Found>> find(SortedSet& set, const Search& search) {
  std::vector<Found> found;
  auto is_enough = [&] { return search.any && found.size() >= search.count_max; };
  for (const CellRange& cells : cells_around(search.shape)) {
    OrderRange range = range_of(
        {.least = static_cast<double>(cells.begin), .most = static_cast<double>(cells.end), .without_most = true});
    auto done = set.each(range, Direction::ascending, [&](std::string_view member, double score) {
      GeoPoint point = middle_of(cell_of_score(score));
      if (auto distance = search.shape.distance_within(point)) {
        found.push_back({std::string(member), score, point, *distance / search.unit});
      }
      return is_enough() ? Visit::stop : Visit::more;
    });
    if (!done) return done.error();
    if (is_enough()) break;
  }
  return Result<std::vector<Found>>(std::move(found));
}

void arrange(std::vector<Found>& found, const Search& search) {
  bool limited = search.count_max != 0 && !search.any;  // to the nearest ones unless told otherwise
  if (search.order == Order::nearest_first || (search.order == Order::cells && limited)) {
    std::ranges::stable_sort(found, std::less(), &Found::distance);
  } else if (search.order == Order::farthest_first) {
    std::ranges::stable_sort(found, std::greater(), &Found::distance);
  }
  if (search.count_max != 0 && found.size() > search.count_max) found.resize(search.count_max);
}

Reply answer(const Call& call, const Search& search, const std::vector<Found>& all) {
  std::vector<Reply> replies;
  bool plain = !search.with_distance && !search.with_cell && !search.with_point;
  for (const Found& found : all) {
    Reply name = Reply::bulk(found.member);
    if (plain) {
      replies.push_back(std::move(name));
      continue;
    }
    std::vector<Reply> parts;
    parts.push_back(std::move(name));
    if (search.with_distance) parts.push_back(distance_reply(found.distance));
    if (search.with_cell) parts.push_back(Reply::of(static_cast<std::int64_t>(cell_of_score(found.score))));
    if (search.with_point) parts.push_back(point_reply(call, found.point));
    replies.push_back(Reply::array(std::move(parts)));
  }
  return Reply::array(std::move(replies));
}

Result<Reply> run(Call& call, const Search& search, SortedSet& set, std::string_view event) {
  std::vector<Found> found;
  if (set.exists()) {
    auto all = find(set, search);
    if (!all) return all.error();
    found = std::move(*all);
    arrange(found, search);
  }
  if (!search.store_at) return answer(call, search, found);
  std::vector<ScoredMember> members;
  for (Found& one : found) {
    members.push_back({std::move(one.member), search.store_distances ? one.distance : one.score});
  }
  return store_as(call, *search.store_at, members, event);
}

enum class Around { point, member };

// key longitude latitude radius unit …, or key member radius unit …
Result<Reply> radius(Call& call, Around around, bool may_store) {
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  Search search;
  Form form{.may_store = may_store};
  Words words(call.arguments.subspan(1));
  auto done = around == Around::point ? parse_center(words, search) : find_center(words, *set, search);
  if (!done) return done.error();
  if (done = parse_radius(words, search); !done) return done.error();
  if (done = parse_options(words, *set, search, form); !done) return done.error();
  if (done = check(search, form, call.spec.name); !done) return done.error();
  return run(call, search, *set, "georadiusstore");
}

Result<Reply> georadius(Call& call) {
  return radius(call, Around::point, true);
}
Result<Reply> georadius_ro(Call& call) {
  return radius(call, Around::point, false);
}
Result<Reply> georadiusbymember(Call& call) {
  return radius(call, Around::member, true);
}
Result<Reply> georadiusbymember_ro(Call& call) {
  return radius(call, Around::member, false);
}

Result<Reply> search(Call& call, Search search, const Form& form, std::size_t key_at) {
  auto set = SortedSet::open(call.keys, call.arguments[key_at]);
  if (!set) return set.error();
  Words words(call.arguments.subspan(key_at + 1));
  auto done = parse_options(words, *set, search, form);
  if (!done) return done.error();
  if (done = check(search, form, call.spec.name); !done) return done.error();
  return run(call, search, *set, "geosearchstore");
}

Result<Reply> geosearch(Call& call) {
  return search(call, {}, {.newer = true}, 0);
}
Result<Reply> geosearchstore(Call& call) {
  return search(call, {.store_at = call.arguments[0]}, {.newer = true, .stores_always = true}, 1);
}

// The key that is searched, and that which STORE or STOREDIST names; of several the last one counts.
std::vector<std::size_t> keys_of_radius(std::span<const std::string> arguments, std::size_t options_at) {
  std::vector<std::size_t> keys{0};
  for (std::size_t i = options_at; i + 1 < arguments.size(); ++i) {
    if (!equals_ignoring_case(arguments[i], "STORE") && !equals_ignoring_case(arguments[i], "STOREDIST")) continue;
    keys.resize(1);
    keys.push_back(++i);
  }
  return keys;
}

std::vector<std::size_t> keys_around_point(std::span<const std::string> arguments) {
  return keys_of_radius(arguments, 5);
}
std::vector<std::size_t> keys_around_member(std::span<const std::string> arguments) {
  return keys_of_radius(arguments, 4);
}

constexpr std::string_view complexity = "O(N+log(M)) for N places near the area that is searched";

constexpr CommandSpec table[] = {
    {
        .name = "georadius",
        .arity = at_least(5),
        .keys = found_by(keys_around_point),
        .access = Access::write,
        .flags = may_grow,
        .group = Group::geo,
        .run = georadius,
        .since = "3.2.0",
        .complexity = complexity,
        .summary = "Searches places within a distance of a point, and can store them in a key.",
    },
    {
        .name = "georadius_ro",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::geo,
        .run = georadius_ro,
        .since = "3.2.10",
        .complexity = complexity,
        .summary = "Searches places within a distance of a point.",
    },
    {
        .name = "georadiusbymember",
        .arity = at_least(4),
        .keys = found_by(keys_around_member),
        .access = Access::write,
        .flags = may_grow,
        .group = Group::geo,
        .run = georadiusbymember,
        .since = "3.2.0",
        .complexity = complexity,
        .summary = "Searches places within a distance of a member, and can store them in a key.",
    },
    {
        .name = "georadiusbymember_ro",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::geo,
        .run = georadiusbymember_ro,
        .since = "3.2.10",
        .complexity = complexity,
        .summary = "Searches places within a distance of a member.",
    },
    {
        .name = "geosearch",
        .arity = at_least(6),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::geo,
        .run = geosearch,
        .since = "6.2.0",
        .complexity = complexity,
        .summary = "Searches places within a circle or a box.",
    },
    {
        .name = "geosearchstore",
        .arity = at_least(7),
        .keys = first_two,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::geo,
        .run = geosearchstore,
        .since = "6.2.0",
        .complexity = complexity,
        .summary = "Searches places within a circle or a box and stores them in a key.",
    },
};

}  // namespace

std::span<const CommandSpec> geo_search_commands() {
  return table;
}

}  // namespace millrace::store
