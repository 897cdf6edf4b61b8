#include "delivery/database.h"

#include <charconv>
#include <cstdlib>
#include <fmt/format.h>

namespace millrace::delivery {

Async<Result<Replies>> Database::run(Transaction transaction) {
  if (transaction.empty()) co_return Replies();
  auto replies = co_await store_.execute(id_, transaction.take());
  if (!replies) co_return replies.error();
  for (const store::Reply& reply : *replies) {
    if (reply.is_error()) co_return Error{ErrorCode::corrupt, fmt::format("the database of delivery: {}", reply.text)};
  }
  co_return std::move(*replies);
}

std::optional<std::string_view> text_of(const store::Reply& reply) {
  if (reply.kind != store::Reply::Kind::bulk) return {};
  return reply.text;
}

std::string score(std::int64_t milliseconds) {
  return fmt::format_int(milliseconds).str();
}

std::int64_t score_of(const store::Reply& reply) {
  if (reply.kind == store::Reply::Kind::real) return static_cast<std::int64_t>(reply.real);
  return static_cast<std::int64_t>(std::strtod(reply.text.c_str(), nullptr));
}

}  // namespace millrace::delivery
