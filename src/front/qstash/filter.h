#pragma once

// What the query of a request selects: filters, pages, counts. Pure. Source of the rules: the documentation and the
// clients of QStash. A field may be repeated or hold a list with commas: any of its values; several fields: all of
// them.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delivery/message.h"

namespace millrace::front {

// What a request may say besides its filter.
struct SelectionRules {
  std::size_t count_default = 100;
  std::size_t count_max = 100;  // a greater one is cut to this
  delivery::Order order = delivery::Order::latest_first;
  bool strict = false;  // refuse fields that are not known: a misspelt one would select everything
  bool host_and_path = true;
};

struct Selection {
  delivery::Filter filter{};
  delivery::PageRequest page{};
  bool count_given = false;

  // Whether nothing was said that narrows it.
  bool everything() const;
};

// Fails with `invalid` and names the field.
Result<Selection> read_selection(std::string_view query, SelectionRules rules);

// The ids in a body {"messageIds":[…]} or {"dlqIds":[…]}, added to those of `selection`; an empty body has none.
Result<void> add_ids(std::string_view body, Selection& selection);

}  // namespace millrace::front
