#include "kv/unit_writes.h"

#include <algorithm>
#include <cstring>

#include "kv/key.h"

namespace millrace::kv {

std::string_view StringArena::copy(std::string_view text) {
  if (text.size() > left_) {
    std::size_t size = std::max(block_size, text.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
  }
  if (!text.empty()) std::memcpy(next_, text.data(), text.size());
  std::string_view copied(next_, text.size());
  next_ += text.size();
  left_ -= text.size();
  return copied;
}

void StringArena::clear() {
  if (blocks_.size() > 1) blocks_.clear();  // it was an unusual unit: give its memory back
  next_ = blocks_.empty() ? nullptr : blocks_.front().get();
  left_ = blocks_.empty() ? 0 : block_size;
}

void UnitWrites::add(Operation operation) {
  operation.hash = hash_of(operation.key);
  auto before = index_of(operation.key, operation.hash);
  if (before && *before >= mark_last_) {  // nobody can go back to between the two: the later one takes its place
    Operation& old = operations_[*before];
    old.kind = operation.kind;
    old.value = arena_.copy(operation.value);
    return;
  }
  operation.key = arena_.copy(operation.key);
  operation.value = arena_.copy(operation.value);
  operations_.push_back(operation);
  insert_into_table(static_cast<std::uint32_t>(operations_.size() - 1));
}

void UnitWrites::wake(std::function<void()> call) {
  wakes_.push_back(std::move(call));
  operations_.push_back({Operation::Kind::wake, 0, {}, {}});
}

std::optional<std::size_t> UnitWrites::index_of(std::string_view key, std::uint32_t hash) const {
  if (table_.empty()) {
    for (std::size_t i = operations_.size(); i-- > 0;) {
      const Operation& at = operations_[i];
      if (at.kind != Operation::Kind::wake && at.hash == hash && at.key == key) return i;
    }
    return std::nullopt;
  }
  for (std::size_t slot = hash & (table_.size() - 1);; slot = (slot + 1) & (table_.size() - 1)) {
    if (table_[slot] == 0) return std::nullopt;
    const Operation& at = operations_[table_[slot] - 1];
    if (at.hash == hash && at.key == key) return table_[slot] - 1;
  }
}

void UnitWrites::insert_into_table(std::uint32_t index) {
  if (table_.empty() && operations_.size() <= linear_max) return;
  if (operations_.size() * 2 > table_.size()) return rebuild_table(operations_.size() * 4);
  const Operation& added = operations_[index];
  std::size_t slot = added.hash & (table_.size() - 1);
  while (table_[slot] != 0) {
    const Operation& at = operations_[table_[slot] - 1];
    if (at.hash == added.hash && at.key == added.key) break;
    slot = (slot + 1) & (table_.size() - 1);
  }
  table_[slot] = index + 1;
}

void UnitWrites::rebuild_table(std::size_t slots) {
  std::size_t size = 4 * linear_max;
  while (size < slots) size *= 2;
  table_.assign(size, 0);
  for (std::uint32_t i = 0; i < operations_.size(); ++i) {
    if (operations_[i].kind != Operation::Kind::wake) insert_into_table(i);
  }
}

const UnitWrites::Operation* UnitWrites::find(std::string_view key, std::uint32_t hash) const {
  auto index = index_of(key, hash);
  return index ? &operations_[*index] : nullptr;
}

std::vector<const UnitWrites::Operation*> UnitWrites::sorted(const KeyRange& range, Direction direction) const {
  std::vector<const Operation*> found;
  for (const Operation& operation : operations_) {
    if (operation.kind == Operation::Kind::wake || !contains(range, operation.key)) continue;
    if (index_of(operation.key, operation.hash) == static_cast<std::size_t>(&operation - operations_.data())) {
      found.push_back(&operation);
    }
  }
  std::sort(found.begin(), found.end(), [&](const Operation* a, const Operation* b) {
    return direction == Direction::ascending ? a->key < b->key : b->key < a->key;
  });
  return found;
}

Unit::Mark UnitWrites::mark() const {
  mark_last_ = operations_.size();
  return static_cast<Unit::Mark>(mark_last_);
}

void UnitWrites::rollback(Unit::Mark mark) {
  while (operations_.size() > mark) {
    if (operations_.back().kind == Operation::Kind::wake) wakes_.pop_back();
    operations_.pop_back();
  }
  mark_last_ = mark;
  if (!table_.empty()) rebuild_table(operations_.size() * 4);
}

void UnitWrites::clear() {
  arena_.clear();
  operations_.clear();
  if (operations_.capacity() > 1024) operations_.shrink_to_fit();
  wakes_.clear();
  table_ = {};
  mark_last_ = 0;
}

}  // namespace millrace::kv
