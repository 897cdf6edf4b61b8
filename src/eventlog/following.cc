#include "eventlog/following.h"

#include <algorithm>

namespace millrace::eventlog {

std::size_t size_of(const Record& record) {
  std::size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const Header& header : record.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

Async<Result<std::vector<TopicBatch>>> Following::ready(FollowLimits limits, bool with_empty) {
  std::vector<TopicBatch> batches;
  std::size_t bytes = 0;
  for (Position& position : positions_) {
    ReadLimits each = limits.each;
    each.bytes_max = std::min(each.bytes_max, limits.bytes_max - bytes);
    auto batch = co_await log_.read(position.topic, position.partition, position.offset, each);
    if (!batch) co_return batch.error();
    if (batch->records.empty() && !with_empty) continue;
    if (!batch->records.empty()) position.offset = batch->records.back().offset + 1;
    for (const Record& record : batch->records) bytes += size_of(record);
    batches.push_back({position.topic, position.partition, batch->bounds, std::move(batch->records)});
    if (bytes >= limits.bytes_max) break;
  }
  co_return batches;
}

Async<Result<std::vector<TopicBatch>>> Following::next(FollowLimits limits, std::stop_token cancel) {
  for (;;) {
    auto batches = co_await ready(limits, false);
    if (!batches || !batches->empty()) co_return batches;
    auto woken = co_await log_.wait(positions_, cancel);
    if (!woken) co_return woken.error();
    if (!*woken) co_return std::vector<TopicBatch>{};
  }
}

}  // namespace millrace::eventlog
