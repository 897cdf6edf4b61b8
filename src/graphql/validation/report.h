#pragma once

// The errors found so far, and the order in which they are to be told: that of the walk, also for those that can only
// be known after it. Confined to one thread.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graphql/error.h"

namespace millrace::graphql {

class Report {
 public:
  // A point of the walk at which errors can be put in later.
  using Place = std::uint32_t;

  using Message = std::initializer_list<std::string_view>;  // joined
  using Offsets = std::span<const std::uint32_t>;           // bytes into the document

  Report(std::string_view text, std::size_t errors_max) : text_(text), errors_max_(errors_max) {}

  // An error at the current point of the walk.
  void add(Message message, Offsets offsets, GraphqlErrorCode code = GraphqlErrorCode::graphql_validation_failed);
  void add(Message message, std::uint32_t offset) { add(message, Offsets(&offset, 1)); }
  void add(Message message, std::initializer_list<std::uint32_t> offsets) {
    add(message, Offsets(offsets.begin(), offsets.size()));
  }

  // Reserves the current point. Places come in ascending order.
  Place mark() {
    current_ += 2;
    return current_ - 1;
  }
  void add_at(Place place, Message message, Offsets offsets);  // the first enough() of a place count
  void add_at(Place place, Message message, std::initializer_list<std::uint32_t> offsets) {
    add_at(place, message, Offsets(offsets.begin(), offsets.size()));
  }
  // Checking ends at `place`, since going on would cost too much: what comes after it is not told.
  void abort_at(Place place);

  // A rule that has added this many by add_at() need not look for more.
  std::size_t enough() const { return errors_max_ + 1; }
  // How many were added by add_at().
  std::size_t added_later() const { return added_later_; }

  bool empty() const { return problems_.empty(); }
  // In order, cut off at the limit, with lines and columns.
  std::vector<GraphqlError> finish();

 private:
  struct Problem {
    std::uint32_t order = 0;
    GraphqlErrorCode code{};
    std::string message{};
    std::vector<std::uint32_t> offsets{};
  };

  void push(std::uint32_t order, Message message, Offsets offsets, GraphqlErrorCode code);

  std::string_view text_;
  std::size_t errors_max_;
  std::uint32_t current_ = 0;
  std::uint32_t aborted_at_ = ~0u;
  std::size_t added_ = 0;  // by add()
  std::size_t added_later_ = 0;
  Place place_ = 0;           // of the last add_at()
  std::size_t at_place_ = 0;  // how many of them
  std::vector<Problem> problems_{};
};

}  // namespace millrace::graphql
