#pragma once

// For tests: a unit that counts the rows that are read through it, those that scans visit among them. `mark` tells the
// writes.

#include <memory>

#include "base/unit.h"

namespace millrace::store {

class CountingUnit final : public Unit {
 public:
  explicit CountingUnit(std::unique_ptr<Unit> unit) : unit_(std::move(unit)) {}

  Result<std::optional<std::string_view>> get(std::string_view key) override {
    ++reads;
    return unit_->get(key);
  }
  Result<void> scan(const KeyRange& range, Direction direction, const Visitor& visit) override {
    return unit_->scan(range, direction, [&](std::string_view key, std::string_view value) {
      ++reads;
      return visit(key, value);
    });
  }
  void put(std::string_view key, std::string_view value) override { unit_->put(key, value); }
  void erase(std::string_view key) override { unit_->erase(key); }
  Mark mark() const override { return unit_->mark(); }
  void rollback(Mark mark) override { unit_->rollback(mark); }
  void after_sync(std::function<void()> wake) override { unit_->after_sync(std::move(wake)); }

  std::uint64_t reads = 0;

 private:
  std::unique_ptr<Unit> unit_;
};

}  // namespace millrace::store
