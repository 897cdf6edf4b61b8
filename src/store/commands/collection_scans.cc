// SSCAN, HSCAN and ZSCAN.

#include <functional>

#include "store/commands/groups.h"
#include "store/commands/scan_options.h"
#include "store/commands/text.h"
#include "store/embedded/collection.h"
#include "store/embedded/sorted_set.h"

namespace millrace::store {
namespace {

// Collections up to this size come in one go, as in Redis.
constexpr std::uint64_t small_size = 128;

// One call of an iteration over members, which come in the order of their bytes.
class MemberScan {
 public:
  MemberScan(Call& call, ScanOf what) : call_(call), what_(what) {}

  // Reads the arguments and finds where the iteration stands.
  Result<void> begin() {
    auto cursor = parse_cursor(call_.arguments[1]);
    if (!cursor) return cursor.error();
    auto options = parse_scan_options(call_.arguments.subspan(2), what_);
    if (!options) return options.error();
    options_ = *options;
    iteration_ = {call_.keys.database(), call_.keys.id(), call_.arguments[0]};
    after_ = call_.live().cursors.find(iteration_, *cursor);
    return {};
  }

  const std::optional<std::string>& after() const { return after_; }
  const ScanOptions& options() const { return options_; }
  void set_size(std::uint64_t size) {
    if (size <= small_size) options_.count = SIZE_MAX;
  }

  // `value` gives what comes with the member, if anything does.
  Visit visit(std::string_view member, const std::function<std::string()>& value) {
    if (visited_ == options_.count) {
      more_ = true;
      return Visit::stop;
    }
    ++visited_;
    last_ = member;
    if (!options_.takes_all() && !matches(options_.pattern, member)) return Visit::more;
    found_.push_back(Reply::bulk(member));
    if (value) found_.push_back(Reply::bulk(value()));
    return Visit::more;
  }

  Reply reply() {
    std::uint64_t cursor = more_ ? call_.live().cursors.remember(std::move(iteration_), std::move(last_)) : 0;
    return scan_reply(cursor, std::move(found_));
  }

 private:
  Call& call_;
  ScanOf what_;
  ScanOptions options_{};
  Iteration iteration_{};
  std::optional<std::string> after_{};
  std::size_t visited_ = 0;
  std::string last_{};
  bool more_ = false;
  std::vector<Reply> found_{};
};

Result<Reply> scan_collection(Call& call, ScanOf what, Type type) {
  MemberScan scan(call, what);
  if (auto begun = scan.begin(); !begun) return begun.error();
  auto collection = Collection::open(call.keys, call.arguments[0], type);
  if (!collection) return collection.error();
  scan.set_size(collection->size());
  bool with_values = what == ScanOf::hash && !scan.options().without_values;
  auto done = collection->each_after(scan.after(), [&](std::string_view member, std::string_view value) {
    return with_values ? scan.visit(member, [&] { return std::string(value); }) : scan.visit(member, {});
  });
  if (!done) return done.error();
  return scan.reply();
}

Result<Reply> hscan(Call& call) {
  return scan_collection(call, ScanOf::hash, Type::hash);
}

Result<Reply> sscan(Call& call) {
  return scan_collection(call, ScanOf::set, Type::set);
}

Result<Reply> zscan(Call& call) {
  MemberScan scan(call, ScanOf::sorted_set);
  if (auto begun = scan.begin(); !begun) return begun.error();
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  scan.set_size(set->size());
  auto done = set->each_member_after(scan.after(), [&](std::string_view member, double score) {
    return scan.visit(member, [&] { return format_real(score); });
  });
  if (!done) return done.error();
  return scan.reply();
}

constexpr CommandSpec table[] = {
    {
        .name = "hscan",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::hash,
        .run = hscan,
        .since = "2.8.0",
        .complexity = "O(1) for each call, O(N) for the whole iteration",
        .summary = "Iterates over the fields of a hash.",
    },
    {
        .name = "sscan",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = sscan,
        .since = "2.8.0",
        .complexity = "O(1) for each call, O(N) for the whole iteration",
        .summary = "Iterates over the members of a set.",
    },
    {
        .name = "zscan",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zscan,
        .since = "2.8.0",
        .complexity = "O(1) for each call, O(N) for the whole iteration",
        .summary = "Iterates over the members of a sorted set.",
    },
};

}  // namespace

std::span<const CommandSpec> collection_scan_commands() {
  return table;
}

}  // namespace millrace::store
