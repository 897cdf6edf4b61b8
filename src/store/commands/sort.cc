#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"
#include "store/embedded/collection.h"
#include "store/embedded/list.h"
#include "store/embedded/sorted_set.h"

namespace millrace::store {
namespace {

struct Sorting {
  std::optional<std::string> by{};  // a pattern: the element takes the place of its star
  std::vector<std::string> get{};   // patterns; "#" is the element itself
  bool descending = false;
  bool alphabetic = false;
  bool sorted = true;  // no: in the order in which they are kept
  std::int64_t offset = 0;
  std::int64_t count = -1;  // negative: all
  std::optional<std::string> store_at{};
};

Result<Sorting> parse(std::span<const std::string> words, bool may_store) {
  Sorting sorting;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::size_t left = words.size() - i - 1;
    if (equals_ignoring_case(words[i], "ASC")) {
      sorting.descending = false;
    } else if (equals_ignoring_case(words[i], "DESC")) {
      sorting.descending = true;
    } else if (equals_ignoring_case(words[i], "ALPHA")) {
      sorting.alphabetic = true;
    } else if (equals_ignoring_case(words[i], "LIMIT") && left >= 2) {
      auto offset = to_integer(words[i + 1]);
      auto count = to_integer(words[i + 2]);
      if (!offset || !count) return not_an_integer();
      sorting.offset = *offset;
      sorting.count = *count;
      i += 2;
    } else if (may_store && equals_ignoring_case(words[i], "STORE") && left >= 1) {
      sorting.store_at = words[++i];
    } else if (equals_ignoring_case(words[i], "BY") && left >= 1) {
      sorting.by = words[++i];
      sorting.sorted = sorting.by->find('*') != std::string::npos;
    } else if (equals_ignoring_case(words[i], "GET") && left >= 1) {
      sorting.get.push_back(words[++i]);
    } else {
      return syntax_error();
    }
  }
  return Result<Sorting>(std::move(sorting));
}

// What a pattern leads to from an element: the string at a key, or with "->" the field of the hash there.
Result<std::optional<std::string>> follow(Call& call, std::string_view pattern, const std::string& element) {
  using Found = std::optional<std::string>;
  if (pattern == "#") return Found(element);
  auto star = pattern.find('*');
  if (star == pattern.npos) return Found{};
  auto arrow = pattern.find("->", star + 1);
  bool of_hash = arrow != pattern.npos && arrow + 2 < pattern.size();
  std::string key(pattern.substr(0, star));
  key.append(element).append(pattern.substr(star + 1, of_hash ? arrow - star - 1 : pattern.npos));
  auto row = call.keys.find(key);
  if (!row) return row.error();
  if (!*row || (*row)->type != (of_hash ? Type::hash : Type::string)) return Found{};
  if (!of_hash) return Found(std::string((*row)->content));
  auto hash = Collection::open(call.keys, key, Type::hash);
  if (!hash) return hash.error();
  auto value = hash->get(pattern.substr(arrow + 2));
  if (!value) return value.error();
  return *value ? Found(std::string(**value)) : Found{};
}

using Elements = std::vector<std::string>;

Result<Elements> read_list(Call& call, const std::string& key) {
  auto list = List::open(call.keys, key);
  if (!list) return list.error();
  Elements all;
  auto done = list->each(0, list->size(), Direction::ascending, [&](std::uint64_t, std::string_view element) {
    all.emplace_back(element);
    return Visit::more;
  });
  if (!done) return done.error();
  return Result<Elements>(std::move(all));
}

Result<Elements> read_set(Call& call, const std::string& key) {
  auto set = Collection::open(call.keys, key, Type::set);
  if (!set) return set.error();
  Elements all;
  auto done = set->each([&](std::string_view member, std::string_view) {
    all.emplace_back(member);
    return Visit::more;
  });
  if (!done) return done.error();
  return Result<Elements>(std::move(all));
}

Result<Elements> read_sorted_set(Call& call, const std::string& key, Direction direction) {
  auto set = SortedSet::open(call.keys, key);
  if (!set) return set.error();
  Elements all;
  auto done = set->each({}, direction, [&](std::string_view member, double) {
    all.emplace_back(member);
    return Visit::more;
  });
  if (!done) return done.error();
  return Result<Elements>(std::move(all));
}

// The elements of the key. A set has no order of its own to keep: where it matters, its members are sorted all the
// same.
Result<Elements> read_elements(Call& call, const std::string& key, Sorting& sorting) {
  auto row = call.keys.find(key);
  if (!row) return row.error();
  if (!*row) return Elements{};
  const bool backwards = !sorting.sorted && sorting.descending;
  switch ((*row)->type) {
    case Type::list: {
      auto all = read_list(call, key);
      if (all && backwards) std::ranges::reverse(*all);
      return all;
    }
    case Type::sorted_set: return read_sorted_set(call, key, backwards ? Direction::descending : Direction::ascending);
    case Type::set:
      if (!sorting.sorted && (sorting.store_at || call.context().in_script)) {
        sorting.sorted = sorting.alphabetic = true;
        sorting.by.reset();
      }
      return read_set(call, key);
    case Type::string:
    case Type::hash:
    case Type::stream:
    case Type::json: break;
  }
  return wrong_type();
}

// An element with what it is sorted by.
struct Item {
  std::string element{};
  double number = 0;
  std::optional<std::string> text{};  // of alphabetic order by a pattern; absent ones come first
};

Result<double> to_number(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() + text.size() && errno != ERANGE && !std::isnan(number)) return number;
  return Error{ErrorCode::invalid, "ERR One or more scores can't be converted into double"};
}

Result<std::vector<Item>> weigh(Call& call, Elements elements, const Sorting& sorting) {
  std::vector<Item> items;
  items.reserve(elements.size());
  for (std::string& element : elements) {
    Item item;
    std::optional<std::string> value;
    if (sorting.by) {
      auto found = follow(call, *sorting.by, element);
      if (!found) return found.error();
      value = std::move(*found);
    } else if (!sorting.alphabetic) {
      value = element;
    }
    if (sorting.alphabetic) {
      item.text = std::move(value);
    } else if (value) {
      auto number = to_number(*value);
      if (!number) return number.error();
      item.number = *number;
    }
    item.element = std::move(element);
    items.push_back(std::move(item));
  }
  return Result<std::vector<Item>>(std::move(items));
}

bool is_before(const Item& a, const Item& b, const Sorting& sorting) {
  if (!sorting.alphabetic) return a.number != b.number ? a.number < b.number : a.element < b.element;
  return sorting.by ? a.text < b.text : a.element < b.element;
}

Result<Elements> sort_elements(Call& call, Elements elements, const Sorting& sorting) {
  auto items = weigh(call, std::move(elements), sorting);
  if (!items) return items.error();
  std::ranges::stable_sort(*items, [&](const Item& a, const Item& b) {
    return sorting.descending ? is_before(b, a, sorting) : is_before(a, b, sorting);
  });
  Elements sorted;
  sorted.reserve(items->size());
  for (Item& item : *items) sorted.push_back(std::move(item.element));
  return Result<Elements>(std::move(sorted));
}

void cut(Elements& elements, const Sorting& sorting) {
  auto size = static_cast<std::int64_t>(elements.size());
  std::int64_t first = std::clamp<std::int64_t>(sorting.offset, 0, size);
  std::int64_t count = sorting.count < 0 ? size - first : std::min(sorting.count, size - first);
  elements.erase(elements.begin() + first + count, elements.end());
  elements.erase(elements.begin(), elements.begin() + first);
}

// The elements, or what the GET patterns make of each.
Result<std::vector<std::optional<std::string>>> look_up(Call& call, const Elements& elements, const Sorting& sorting) {
  std::vector<std::optional<std::string>> all;
  for (const std::string& element : elements) {
    if (sorting.get.empty()) all.emplace_back(element);
    for (const std::string& pattern : sorting.get) {
      auto found = follow(call, pattern, element);
      if (!found) return found.error();
      all.push_back(std::move(*found));
    }
  }
  return Result<std::vector<std::optional<std::string>>>(std::move(all));
}

Result<Reply> store(Call& call, const std::string& key, const std::vector<std::optional<std::string>>& values) {
  auto before = call.keys.find(key);
  if (!before) return before.error();
  if (*before) {
    if (auto done = call.keys.erase(key, **before); !done) return done.error();
    if (values.empty()) call.notify('g', "del", key);
  }
  List list = List::none(call.keys, key);
  for (const auto& value : values) {
    if (auto done = list.push(List::End::tail, value.value_or("")); !done) return done.error();
  }
  if (auto done = list.save("sortstore"); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(values.size()));
}

Result<Reply> run(Call& call, bool may_store) {
  auto sorting = parse(call.arguments.subspan(1), may_store);
  if (!sorting) return sorting.error();
  auto elements = read_elements(call, call.arguments[0], *sorting);
  if (!elements) return elements.error();
  if (sorting->sorted) elements = sort_elements(call, std::move(*elements), *sorting);
  if (!elements) return elements.error();
  cut(*elements, *sorting);
  auto values = look_up(call, *elements, *sorting);
  if (!values) return values.error();
  if (sorting->store_at) return store(call, *sorting->store_at, *values);
  std::vector<Reply> replies;
  replies.reserve(values->size());
  for (auto& value : *values) replies.push_back(value ? Reply::bulk(std::move(*value)) : Reply::nil());
  return Reply::array(std::move(replies));
}

Result<Reply> sort(Call& call) {
  return run(call, true);
}
Result<Reply> sort_ro(Call& call) {
  return run(call, false);
}

// The key that is sorted, and that which STORE names; of several the last one counts.
std::vector<std::size_t> find_keys(std::span<const std::string> arguments) {
  std::vector<std::size_t> keys{0};
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (equals_ignoring_case(arguments[i], "LIMIT")) {
      i += 2;
    } else if (equals_ignoring_case(arguments[i], "GET") || equals_ignoring_case(arguments[i], "BY")) {
      ++i;
    } else if (equals_ignoring_case(arguments[i], "STORE") && i + 1 < arguments.size()) {
      keys.resize(1);
      keys.push_back(++i);
    }
  }
  return keys;
}

constexpr std::string_view complexity = "O(N+M log(M)) for N elements read and M sorted";

constexpr CommandSpec table[] = {
    {
        .name = "sort",
        .arity = at_least(1),
        .keys = {.first = 1, .last = 1, .step = 1, .find = find_keys},
        .access = Access::write,
        .flags = may_grow | dangerous,
        .group = Group::generic,
        .run = sort,
        .since = "1.0.0",
        .complexity = complexity,
        .summary = "Sorts the elements of a list, a set or a sorted set, and can store them in a key.",
    },
    {
        .name = "sort_ro",
        .arity = at_least(1),
        .keys = {.first = 1, .last = 1, .step = 1, .find = find_keys},
        .access = Access::read,
        .flags = dangerous,
        .group = Group::generic,
        .run = sort_ro,
        .since = "7.0.0",
        .complexity = complexity,
        .summary = "Sorts the elements of a list, a set or a sorted set.",
    },
};

}  // namespace

std::span<const CommandSpec> sort_commands() {
  return table;
}

}  // namespace millrace::store
