#pragma once

// The errors of a request's fields, from where they happen to where their positions are known; and the masking of those
// that clients must not read. Confined to the reactor.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graphql/error.h"

namespace millrace::graphql {

// Replaces unexpected failures by an id that is also logged.
class InternalErrors {
 public:
  using Log = std::function<void(std::string_view id, std::string_view detail)>;

  explicit InternalErrors(Log log);

  GraphqlError mask(std::string_view detail);

 private:
  Log log_;
  std::string process_;  // tells the ids of this process from others'
  std::uint64_t count_ = 0;
};

class FieldErrors {
 public:
  explicit FieldErrors(InternalErrors& internal) : internal_(internal) {}

  // The number it can be found by.
  std::uint32_t add(GraphqlError error) {
    errors_.push_back(std::move(error));
    return static_cast<std::uint32_t>(errors_.size() - 1);
  }
  std::uint32_t add_internal(std::string_view detail) { return add(internal_.mask(detail)); }
  const GraphqlError& operator[](std::uint32_t number) const { return errors_[number]; }

 private:
  InternalErrors& internal_;
  std::vector<GraphqlError> errors_{};
};

}  // namespace millrace::graphql
