#include "kv/row_cache.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace millrace::kv {
namespace {

RowCache::Row* make_row(std::string_view key, std::uint32_t hash) {
  void* memory = ::operator new(sizeof(RowCache::Row) + key.size());
  auto* row = new (memory) RowCache::Row;
  row->hash = hash;
  row->key_size = static_cast<std::uint32_t>(key.size());
  std::memcpy(static_cast<char*>(memory) + sizeof(RowCache::Row), key.data(), key.size());
  return row;
}

void free_row(RowCache::Row* row) {
  row->~Row();
  ::operator delete(row);
}

}  // namespace

RowCache::~RowCache() {
  while (oldest_) erase(*oldest_);
}

std::size_t RowCache::bytes_of(const Row& row) {
  constexpr std::size_t overhead = 40;  // two allocations and a share of the buckets
  return sizeof(Row) + row.key_size + row.value.capacity() + overhead;
}

RowCache::Row* RowCache::find(std::string_view key, std::uint32_t hash) {
  for (Row* row = buckets_[hash & (buckets_.size() - 1)]; row; row = row->next_in_bucket) {
    if (row->hash == hash && row->key() == key) {
      row->used = true;
      return row;
    }
  }
  return nullptr;
}

RowCache::Row& RowCache::set(std::string_view key, std::uint32_t hash, std::optional<std::string_view> value) {
  Row* row = find(key, hash);
  if (row) {
    bytes_ -= bytes_of(*row);
  } else {
    row = make_row(key, hash);
    if (++rows_ > buckets_.size()) grow();
    Row*& bucket = buckets_[hash & (buckets_.size() - 1)];
    row->next_in_bucket = bucket;
    bucket = row;
    link_as_newest(*row);
  }
  row->exists = value.has_value();
  if (!value || (row->value.capacity() > 256 && value->size() * 4 < row->value.capacity())) row->value = std::string();
  if (value) row->value.assign(*value);
  bytes_ += bytes_of(*row);
  if (bytes_ > bytes_max_) {
    bool pinned = std::exchange(row->pinned, true);  // the caller is about to use it
    trim();
    row->pinned = pinned;
  }
  return *row;
}

void RowCache::trim() {
  for (std::size_t looked_at = 0, all = 2 * rows_; bytes_ > bytes_max_ && oldest_ && looked_at < all; ++looked_at) {
    Row& row = *oldest_;
    if (row.pinned || row.used) {
      row.used = false;
      unlink(row);
      link_as_newest(row);
    } else {
      batch_evicted_ = std::max(batch_evicted_, row.batch);
      erase(row);
    }
  }
}

void RowCache::erase(Row& row) {
  Row** at = &buckets_[row.hash & (buckets_.size() - 1)];
  while (*at != &row) at = &(*at)->next_in_bucket;
  *at = row.next_in_bucket;
  unlink(row);
  bytes_ -= bytes_of(row);
  --rows_;
  free_row(&row);
}

void RowCache::link_as_newest(Row& row) {
  row.older = newest_;
  row.newer = nullptr;
  (newest_ ? newest_->newer : oldest_) = &row;
  newest_ = &row;
}

void RowCache::unlink(Row& row) {
  (row.older ? row.older->newer : oldest_) = row.newer;
  (row.newer ? row.newer->older : newest_) = row.older;
}

void RowCache::grow() {
  std::vector<Row*> grown(buckets_.size() * 2);
  for (Row* row = oldest_; row; row = row->newer) {
    Row*& bucket = grown[row->hash & (grown.size() - 1)];
    row->next_in_bucket = bucket;
    bucket = row;
  }
  buckets_ = std::move(grown);
}

}  // namespace millrace::kv
