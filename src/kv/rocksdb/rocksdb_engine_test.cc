#include "kv/engine_contract.h"
#include "kv/rocksdb/open.h"
#include "kv/rocksdb/test_folder.h"

namespace millrace::kv {
namespace {

// An engine in a folder of its own.
struct InFolder {
  TestFolder folder{};
};

class OwningEngine : public InFolder, public Engine {
 public:
  explicit OwningEngine(UnsyncedWrites unsynced)
      : inside_(open_rocksdb({.folder = folder.path(), .unsynced_writes = unsynced}).value()) {}

  Result<Found> get(std::string_view key, ReadFrom from, std::string& value) override {
    return inside_->get(key, from, value);
  }
  Result<std::vector<Found>> multi_get(std::span<const std::string> keys, ReadFrom from,
                                       std::vector<std::string>& values) override {
    return inside_->multi_get(keys, from, values);
  }
  Result<ScanEnd> scan(const KeyRange& range, Direction direction, ReadFrom from, const Visitor& visit) override {
    return inside_->scan(range, direction, from, visit);
  }
  Result<void> write(std::span<const Write> batch) override { return inside_->write(batch); }
  Result<void> sync() override { return inside_->sync(); }
  std::unique_ptr<Snapshot> snapshot() override { return inside_->snapshot(); }
  Result<void> erase_range(const KeyRange& range) override { return inside_->erase_range(range); }
  std::uint64_t approximate_size(const KeyRange& range) override { return inside_->approximate_size(range); }
  Result<void> verify() override { return inside_->verify(); }

 private:
  std::unique_ptr<Engine> inside_;
};

auto made_with(UnsyncedWrites unsynced) {
  return [unsynced] { return std::make_unique<OwningEngine>(unsynced); };
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(RocksDb, EngineContract, testing::Values(made_with(UnsyncedWrites::to_system)));
INSTANTIATE_TEST_SUITE_P(RocksDbHoldingUnsyncedWrites, EngineContract,
                         testing::Values(made_with(UnsyncedWrites::held_in_memory)));

}  // namespace millrace::kv
