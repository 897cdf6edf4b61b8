#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <re2/re2.h>
#include <span>
#include <unordered_set>

#include "store/json/path.h"
#include "store/json/path_syntax.h"

namespace millrace::store::json {
namespace {

using Segments = std::span<const Segment>;

using Step = Match;  // a value on the way to a match

class Finder {
 public:
  explicit Finder(Value& document) : document_(document) {}

  // Calls `found` with each match until it returns false. False when it did, or when it was too much work.
  template <class Found>
  bool walk(const Step& at, Segments rest, const Found& found) {
    if (++work_ > work_max) return false;
    if (rest.empty()) return found(at);
    return rest[0].descends ? descend(at, rest, found) : select(at, rest, found);
  }

 private:
  static constexpr std::size_t work_max = 5 * matches_max;

  template <class Found>
  bool descend(const Step& at, Segments rest, const Found& found) {
    for (std::size_t i = 0; i < at.value->size(); ++i) {
      if (++work_ > work_max) return false;
      Value& child = at.value->child(i);
      if (child.size() > 0 && !descend(step(at, i), rest, found)) return false;
    }
    return select(at, rest, found);
  }

  template <class Found>
  bool select(const Step& at, Segments rest, const Found& found) {
    for (const Selector& selector : rest[0].selectors) {
      if (!apply(selector, at, rest.subspan(1), found)) return false;
    }
    return true;
  }

  template <class Found>
  bool apply(const Selector& selector, const Step& at, Segments rest, const Found& found) {
    switch (selector.kind) {
      case Selector::Kind::name: return by_name(selector.name, at, rest, found);
      case Selector::Kind::index: return by_index(selector.index, at, rest, found);
      case Selector::Kind::slice: return by_slice(selector, at, rest, found);
      case Selector::Kind::all: break;
      case Selector::Kind::filter: break;
    }
    for (std::size_t i = 0; i < at.value->size(); ++i) {
      if (++work_ > work_max) return false;
      if (selector.filter && !holds(*selector.filter, at.value->child(i))) continue;
      if (!walk(step(at, i), rest, found)) return false;
    }
    return work_ <= work_max;
  }

  template <class Found>
  bool by_name(const std::string& name, const Step& at, Segments rest, const Found& found) {
    auto* members = at.value->object();
    if (!members) return true;
    auto member = std::ranges::find(*members, name, &Member::name);
    if (member == members->end()) return true;
    return walk(step(at, static_cast<std::size_t>(member - members->begin())), rest, found);
  }

  template <class Found>
  bool by_index(std::int64_t index, const Step& at, Segments rest, const Found& found) {
    if (!at.value->is_array()) return true;
    auto size = static_cast<std::int64_t>(at.value->size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return true;
    return walk(step(at, static_cast<std::size_t>(index)), rest, found);
  }

  template <class Found>
  bool by_slice(const Selector& slice, const Step& at, Segments rest, const Found& found) {
    if (!at.value->is_array()) return true;
    auto size = static_cast<std::int64_t>(at.value->size());
    bool forward = slice.step > 0;
    auto bound = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
      if (!given) return otherwise;
      std::int64_t place = *given < 0 ? std::max<std::int64_t>(*given, -size - 1) + size : *given;
      return forward ? std::clamp<std::int64_t>(place, 0, size) : std::clamp<std::int64_t>(place, -1, size - 1);
    };
    std::int64_t from = bound(slice.from, forward ? 0 : size - 1);
    std::int64_t to = bound(slice.to, forward ? size : -1);
    std::int64_t stride = std::clamp(slice.step, -size - 1, size + 1);
    for (std::int64_t i = from; forward ? i < to : i > to; i += stride) {
      if (!walk(step(at, static_cast<std::size_t>(i)), rest, found)) return false;
    }
    return true;
  }

  static Step step(const Step& at, std::size_t index) { return {&at.value->child(index), at.depth + 1}; }

  bool holds(const Filter& filter, Value& tested) {
    switch (filter.kind) {
      case Filter::Kind::both:
        return std::ranges::all_of(filter.parts, [&](const Filter& part) { return holds(part, tested); });
      case Filter::Kind::either:
        return std::ranges::any_of(filter.parts, [&](const Filter& part) { return holds(part, tested); });
      case Filter::Kind::no: return !holds(filter.parts[0], tested);
      case Filter::Kind::exists: return leads_anywhere(filter.left, tested);
      case Filter::Kind::matches: return found_in(filter.right, tested, the_value(filter.left, tested));
      default: return compare(filter.kind, the_value(filter.left, tested), the_value(filter.right, tested));
    }
  }

  bool leads_anywhere(const Operand& operand, Value& tested) {
    if (operand.kind == Operand::Kind::constant) return true;
    bool found = false;
    walk(start(operand, tested), operand.path, [&](const Step&) {
      found = true;
      return false;
    });
    return found;
  }

  // What an operand stands for; nothing unless its path leads to exactly one place.
  const Value* the_value(const Operand& operand, Value& tested) {
    if (operand.kind == Operand::Kind::constant) return &operand.constant;
    const Value* only = nullptr;
    bool whole = walk(start(operand, tested), operand.path, [&](const Step& at) {
      if (only) return false;
      only = at.value;
      return true;
    });
    return whole ? only : nullptr;
  }

  Step start(const Operand& operand, Value& tested) {
    return {operand.kind == Operand::Kind::root ? &document_ : &tested, 0};
  }

  bool found_in(const Operand& pattern, Value& tested, const Value* text) {
    if (!text || !text->is_string()) return false;
    if (pattern.pattern) return re2::RE2::PartialMatch(*text->string(), *pattern.pattern);
    const Value* computed = the_value(pattern, tested);
    if (!computed || !computed->is_string()) return false;
    re2::RE2 compiled(*computed->string(), re2::RE2::Quiet);
    work_ += 1000;  // what it takes to compile a pattern, against a lookup
    return re2::RE2::PartialMatch(*text->string(), compiled);
  }

  static bool compare(Filter::Kind kind, const Value* left, const Value* right) {
    bool equal = left && right && *left == *right;
    if (kind == Filter::Kind::equal) return equal;
    if (kind == Filter::Kind::unequal) return !equal;
    if (!left || !right) return false;
    bool or_equal = kind == Filter::Kind::at_most || kind == Filter::Kind::at_least;
    bool ordered = left->type() != Type::array && left->type() != Type::object;
    if (equal) return or_equal && ordered;
    bool upward = kind == Filter::Kind::less || kind == Filter::Kind::at_most;
    return upward ? is_less(*left, *right) : is_less(*right, *left);
  }

  static bool is_less(const Value& one, const Value& other) {
    if (one.integer() && other.integer()) return *one.integer() < *other.integer();
    if (one.is_number() && other.is_number()) return one.number() < other.number();
    if (one.string() && other.string()) return *one.string() < *other.string();
    if (one.boolean() && other.boolean()) return *one.boolean() < *other.boolean();
    return false;
  }

  Value& document_;
  std::size_t work_ = 0;
};

using Values = std::unordered_set<const Value*>;

Values values_of(const std::vector<Match>& matches) {
  Values values;
  values.reserve(matches.size());
  for (const Match& match : matches) values.insert(match.value);
  return values;
}

void collect_outermost(Value& at, const Values& matched, std::vector<Value*>& out) {
  if (matched.contains(&at)) {
    out.push_back(&at);
    return;
  }
  for (std::size_t i = 0; i < at.size(); ++i) collect_outermost(at.child(i), matched, out);
}

// Each value is looked at where it stood when it was matched: taking out its neighbours moves it afterwards, and not
// what is inside it.
std::size_t remove_children(Value& at, const Values& matched) {
  std::size_t removed = 0;
  if (auto* items = at.array()) {
    removed = std::erase_if(*items, [&](const Value& item) { return matched.contains(&item); });
  } else if (auto* members = at.object()) {
    removed = std::erase_if(*members, [&](const Member& member) { return matched.contains(&member.value); });
  }
  for (std::size_t i = 0; i < at.size(); ++i) removed += remove_children(at.child(i), matched);
  return removed;
}

}  // namespace

Result<std::vector<Match>> find(const Path& path, Value& document) {
  std::vector<Match> matches;
  bool whole = Finder(document).walk({&document, 0}, path.segments(), [&](const Step& at) {
    if (matches.size() == matches_max) return false;
    matches.push_back({at.value, at.depth});
    return true;
  });
  if (!whole) return Error{ErrorCode::over_limit, "the path leads to too many values"};
  return matches;
}

std::vector<std::size_t> innermost_first(const std::vector<Match>& matches) {
  std::vector<std::size_t> order(matches.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t position) { return matches[position].depth; });
  return order;
}

std::vector<Value*> outermost(Value& document, const std::vector<Match>& matches) {
  std::vector<Value*> found;
  if (matches.empty()) return found;
  if (matches.size() == 1) return {matches[0].value};
  collect_outermost(document, values_of(matches), found);
  return found;
}

std::size_t remove(Value& document, const std::vector<Match>& matches) {
  return matches.empty() ? 0 : remove_children(document, values_of(matches));
}

}  // namespace millrace::store::json
