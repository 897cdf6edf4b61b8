#include "graphql/execution/field_errors.h"

#include <array>
#include <fmt/format.h>

#include "base/crypto.h"

namespace millrace::graphql {

InternalErrors::InternalErrors(Log log) : log_(std::move(log)) {
  std::array<std::uint8_t, 4> random{};
  random_bytes(random);
  process_ = to_hex(random);
}

GraphqlError InternalErrors::mask(std::string_view detail) {
  auto id = fmt::format("{}-{}", process_, ++count_);
  if (log_) log_(id, detail);
  return {
      .message = "Internal server error",
      .code = GraphqlErrorCode::internal_server_error,
      .extensions = {{"id", fmt::format("\"{}\"", id)}},
  };
}

}  // namespace millrace::graphql
