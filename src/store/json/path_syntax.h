#pragma once

// What a path is made of once it is read: path_parser.cc builds it, path_find.cc walks it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/json/value.h"

namespace re2 {
class RE2;
}

namespace millrace::store::json {

struct Filter;

// One thing between brackets, or behind a dot.
struct Selector {
  enum class Kind : std::uint8_t { name, index, slice, all, filter };

  Kind kind = Kind::all;
  std::string name{};
  std::int64_t index = 0;              // of index; counted from the end when negative
  std::optional<std::int64_t> from{};  // of slice
  std::optional<std::int64_t> to{};
  std::int64_t step = 1;  // never 0
  std::shared_ptr<const Filter> filter{};
};

struct Segment {
  bool descends = false;  // ".." stands before it
  std::vector<Selector> selectors{};
};

// What a filter compares: a path from the tested value or from the document, or a constant.
struct Operand {
  enum class Kind : std::uint8_t { current, root, constant };

  Kind kind = Kind::constant;
  std::vector<Segment> path{};
  Value constant{};
  std::shared_ptr<const re2::RE2> pattern{};  // of a string on the right of =~
};

struct Filter {
  enum class Kind : std::uint8_t {
    exists,
    equal,
    unequal,
    less,
    at_most,
    greater,
    at_least,
    matches,
    both,
    either,
    no
  };

  Kind kind = Kind::exists;
  Operand left{};
  Operand right{};
  std::vector<Filter> parts{};  // of both, either: at least two; of no: one
};

}  // namespace millrace::store::json
