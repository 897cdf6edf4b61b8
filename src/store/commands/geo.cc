#include "store/commands/errors.h"
#include "store/commands/geo_arguments.h"
#include "store/commands/groups.h"
#include "store/commands/sorted_set_arguments.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

// As ZADD, once the places have become cells.
Result<Reply> geoadd(Call& call) {
  const auto& arguments = call.arguments;
  std::size_t at = 1;
  bool only_new = false;
  bool only_known = false;
  Command add{"ZADD", arguments[0]};
  for (; at < arguments.size(); ++at) {
    bool is_nx = equals_ignoring_case(arguments[at], "NX");
    bool is_xx = equals_ignoring_case(arguments[at], "XX");
    if (!is_nx && !is_xx && !equals_ignoring_case(arguments[at], "CH")) break;
    only_new = only_new || is_nx;
    only_known = only_known || is_xx;
    add.push_back(arguments[at]);
  }
  if ((arguments.size() - at) % 3 != 0 || (only_new && only_known)) return syntax_error();
  for (; at < arguments.size(); at += 3) {
    auto point = parse_point(arguments[at], arguments[at + 1]);
    if (!point) return point.error();
    add.push_back(std::to_string(cell_of(*point)));
    add.push_back(arguments[at + 2]);
  }
  return call.run_nested(add);
}

Result<std::optional<GeoPoint>> find_point(SortedSet& set, const std::string& member) {
  auto score = set.score(member);
  if (!score) return score.error();
  if (!*score) return std::optional<GeoPoint>{};
  return std::optional(middle_of(cell_of_score(**score)));
}

Result<Reply> geodist(Call& call) {
  if (call.arguments.size() > 4) return syntax_error();
  auto unit = call.arguments.size() == 4 ? parse_unit(call.arguments[3]) : Result<double>(1.0);
  if (!unit) return unit.error();
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  auto from = find_point(*set, call.arguments[1]);
  if (!from) return from.error();
  auto to = find_point(*set, call.arguments[2]);
  if (!to) return to.error();
  if (!*from || !*to) return Reply::nil();
  return distance_reply(distance(**from, **to) / *unit);
}

Result<Reply> geohash(Call& call) {
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  std::vector<Reply> hashes;
  for (const std::string& member : call.arguments.subspan(1)) {
    auto score = set->score(member);
    if (!score) return score.error();
    hashes.push_back(*score ? Reply::bulk(geohash_text(cell_of_score(**score))) : Reply::nil());
  }
  return Reply::array(std::move(hashes));
}

Result<Reply> geopos(Call& call) {
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  std::vector<Reply> points;
  for (const std::string& member : call.arguments.subspan(1)) {
    auto point = find_point(*set, member);
    if (!point) return point.error();
    points.push_back(*point ? point_reply(call, **point) : Reply::nil_array());
  }
  return Reply::array(std::move(points));
}

constexpr CommandSpec table[] = {
    {
        .name = "geoadd",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::geo,
        .run = geoadd,
        .since = "3.2.0",
        .complexity = "O(log(N)) for each place given",
        .summary = "Adds places, given by longitude and latitude, to a sorted set.",
    },
    {
        .name = "geodist",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::geo,
        .run = geodist,
        .since = "3.2.0",
        .complexity = "O(1)",
        .summary = "Returns the distance between two places.",
    },
    {
        .name = "geohash",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::geo,
        .run = geohash,
        .since = "3.2.0",
        .complexity = "O(1) for each member given",
        .summary = "Returns the geohashes of places.",
    },
    {
        .name = "geopos",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::geo,
        .run = geopos,
        .since = "3.2.0",
        .complexity = "O(1) for each member given",
        .summary = "Returns the longitude and latitude of places.",
    },
};

}  // namespace

std::span<const CommandSpec> geo_commands() {
  return table;
}

}  // namespace millrace::store
