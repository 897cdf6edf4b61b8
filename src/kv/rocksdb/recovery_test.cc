#include <atomic>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "kv/engine.h"
#include "kv/rocksdb/data_folder.h"
#include "kv/rocksdb/open.h"
#include "kv/rocksdb/test_folder.h"

namespace millrace::kv {
namespace {

namespace fs = std::filesystem;

Result<void> put(Engine& engine, const std::string& key, const std::string& value) {
  Write write{key, value};
  return engine.write({&write, 1});
}

std::string get(Engine& engine, std::string_view key) {
  std::string value;
  auto found = engine.get(key, {}, value);
  return found && *found == Found::yes ? value : "(none)";
}

int count_rows(Engine& engine) {
  int rows = 0;
  (void)engine.scan({}, Direction::ascending, {}, [&](auto, auto) {
    ++rows;
    return Visit::more;
  });
  return rows;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// What is in a folder, to see that nothing was changed. LOCK only names its last holder, and the -LOG is for people.
std::map<std::string, std::string> contents_of(const fs::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    auto name = fs::relative(entry.path(), folder).string();
    bool counts = entry.is_regular_file() && name != "LOCK" && name.find("LOG") == std::string::npos;
    if (counts) contents[name] = read_file(entry.path());
  }
  return contents;
}

class Recovery : public testing::Test {
 protected:
  std::string path() const { return folder_.path() + "/data"; }
  std::unique_ptr<Engine> open() { return open_rocksdb({.folder = path()}).value(); }

  // RocksDB removes files in the background, maybe while they are copied; then the copy begins again.
  void copy_folder(const fs::path& copy) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      std::error_code vanished;
      fs::copy(path(), copy, fs::copy_options::recursive, vanished);
      if (!vanished) return;
      fs::remove_all(copy);
    }
    FAIL() << "the folder cannot be copied";
  }

  // The folder as it would be after kill -9 now.
  void crash(std::unique_ptr<Engine> engine) {
    fs::path copy = folder_.path() + "/copy";
    copy_folder(copy);
    engine.reset();
    fs::remove_all(path());
    fs::rename(copy, path());
  }

  fs::path only_file(std::string_view extension) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(path() + "/rocksdb")) {
      if (entry.path().extension() == extension && entry.file_size() > 0) found.push_back(entry.path());
    }
    EXPECT_EQ(found.size(), 1u) << extension;
    return found.empty() ? fs::path() : found.front();
  }

  void expect_refused_as(ErrorCode code, std::string_view words) {
    auto before = contents_of(path());
    auto opened = open_rocksdb({.folder = path()});

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, code) << opened.error().message;
    EXPECT_NE(opened.error().message.find(words), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find(path()), std::string::npos) << opened.error().message;
    EXPECT_EQ(contents_of(path()), before) << "the folder was changed";
  }

  // A crashed folder whose log holds rows 0 to 99, of which the first 50 are synced.
  void crash_with_half_synced() {
    auto engine = open();
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(put(*engine, "row" + std::to_string(i), std::string(100, 'x')));
      if (i != 49) continue;
      ASSERT_TRUE(engine->sync());
    }
    crash(std::move(engine));
  }

  TestFolder folder_{};
};

TEST_F(Recovery, FindsEverythingAfterACleanEnd) {
  auto engine = open();
  ASSERT_TRUE(put(*engine, "a", "1"));
  engine.reset();
  for (const auto& entry : fs::directory_iterator(path() + "/rocksdb")) {
    if (entry.path().extension() != ".log") continue;
    EXPECT_EQ(entry.file_size(), 0u) << "the next start must not need it";
  }

  EXPECT_EQ(get(*open(), "a"), "1");
}

TEST_F(Recovery, FindsEverythingAfterTheEndOfTheProcess) {
  crash_with_half_synced();

  EXPECT_EQ(count_rows(*open()), 100);
}

TEST_F(Recovery, DropsATailThatWasNotSynced) {
  crash_with_half_synced();
  auto log = only_file(".log");
  fs::resize_file(log, fs::file_size(log) - 50);
  auto engine = open();
  EXPECT_EQ(count_rows(*engine), 99);
  ASSERT_TRUE(put(*engine, "row99", "again"));
  ASSERT_TRUE(engine->sync());
  crash(std::move(engine));

  EXPECT_EQ(get(*open(), "row99"), "again");
}

TEST_F(Recovery, DropsATailWhosePagesAreZero) {
  crash_with_half_synced();
  auto log = only_file(".log");
  auto bytes = read_file(log);
  write_file(log, bytes.replace(bytes.size() * 3 / 4, std::string::npos, bytes.size() / 4, '\0'));
  int rows = count_rows(*open());

  EXPECT_GE(rows, 50);
  EXPECT_LT(rows, 100);
}

TEST_F(Recovery, RefusesALogDamagedWhereItWasSynced) {
  crash_with_half_synced();
  auto log = only_file(".log");
  auto bytes = read_file(log);
  bytes[bytes.size() / 4] ^= 1;
  write_file(log, bytes);

  expect_refused_as(ErrorCode::corrupt, "was synced");
}

TEST_F(Recovery, RefusesALogCutOffWhereItWasSynced) {
  crash_with_half_synced();
  auto log = only_file(".log");
  fs::resize_file(log, fs::file_size(log) / 3);

  expect_refused_as(ErrorCode::corrupt, "was synced");
}

TEST_F(Recovery, RefusesAMissingLog) {
  crash_with_half_synced();
  fs::remove(only_file(".log"));

  expect_refused_as(ErrorCode::corrupt, "was synced");
}

TEST_F(Recovery, RefusesAMissingTable) {
  ASSERT_TRUE(put(*open(), "a", "1"));
  fs::remove(only_file(".sst"));

  expect_refused_as(ErrorCode::corrupt, "No such file");
}

TEST_F(Recovery, RefusesADamagedTable) {
  ASSERT_TRUE(put(*open(), "a", std::string(1000, 'x')));
  auto table = only_file(".sst");
  auto bytes = read_file(table);
  bytes[20] ^= 1;
  write_file(table, bytes);

  expect_refused_as(ErrorCode::corrupt, ".sst");
}

TEST_F(Recovery, RefusesAFolderWithoutItsEntry) {
  ASSERT_TRUE(put(*open(), "a", "1"));
  fs::remove(path() + "/rocksdb/CURRENT");

  expect_refused_as(ErrorCode::corrupt, "CURRENT");
}

TEST_F(Recovery, RefusesAFolderWithoutFormat) {
  ASSERT_TRUE(put(*open(), "a", "1"));
  fs::remove(path() + "/FORMAT");

  expect_refused_as(ErrorCode::corrupt, "FORMAT");
}

TEST_F(Recovery, RefusesAFolderWithoutMark) {
  ASSERT_TRUE(put(*open(), "a", "1"));
  fs::remove(path() + "/SYNCED");

  expect_refused_as(ErrorCode::corrupt, "SYNCED");
}

TEST_F(Recovery, RefusesAMarkItCannotRead) {
  ASSERT_TRUE(put(*open(), "a", "1"));
  write_file(path() + "/SYNCED", std::string(SyncedMark::file_size, 'x'));

  expect_refused_as(ErrorCode::corrupt, "SYNCED");
}

TEST_F(Recovery, RefusesAnotherFormat) {
  ASSERT_TRUE(put(*open(), "a", "1"));
  write_file(path() + "/FORMAT", "millrace data 3\n");
  expect_refused_as(ErrorCode::invalid, "a newer millrace");
  write_file(path() + "/FORMAT", "millrace data 1\n");
  expect_refused_as(ErrorCode::invalid, "an older millrace");
}

TEST_F(Recovery, RefusesAFormatItCannotRead) {
  ASSERT_TRUE(put(*open(), "a", "1"));
  for (const char* text :
       {"", "1\n", "millrace data \n", "millrace data x\n", "millrace data 2", "millrace data -1\n"}) {
    write_file(path() + "/FORMAT", text);
    expect_refused_as(ErrorCode::corrupt, "FORMAT");
  }
}

TEST_F(Recovery, RefusesAFolderThatIsInUse) {
  auto engine = open();
  auto second = open_rocksdb({.folder = path()});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_NE(second.error().message.find("in use by another process (" + std::to_string(::getpid()) + ")"),
            std::string::npos)
      << second.error().message;
}

TEST_F(Recovery, RefusesAFolderThatCannotBe) {
  write_file(folder_.path() + "/file", "");
  auto opened = open_rocksdb({.folder = folder_.path() + "/file/data"});

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::invalid);
  EXPECT_NE(opened.error().message.find("choose a folder"), std::string::npos) << opened.error().message;
}

TEST_F(Recovery, StartsAgainWhenTheFirstCreationWasCutShort) {
  fs::create_directories(path() + "/rocksdb");
  write_file(path() + "/rocksdb/MANIFEST-000001", "half");
  write_file(path() + "/SYNCED.new", "half");

  auto engine = open();
  EXPECT_TRUE(put(*engine, "a", "1"));
}

// Random batches of rows that belong together. What was acknowledged must survive, and no batch may be half there.
TEST_F(Recovery, LosesNothingSyncedWhenThePowerFails) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  int acknowledged = 0, attempted = 0;
  for (int round = 0; round < 12; ++round) {
    auto disk = std::make_shared<TestDisk>();
    RocksDbOptions options{.folder = path(),
                           .memtable_bytes = 64 << 10,
                           .unsynced_writes = UnsyncedWrites::held_in_memory,
                           .test_disk = disk};
    auto engine = open_rocksdb(options).value();
    int found = 0;
    while (get(*engine, "a" + std::to_string(found)) != "(none)") ++found;
    ASSERT_GE(found, acknowledged) << "round " << round;
    ASSERT_LE(found, attempted);
    ASSERT_EQ(count_rows(*engine), 3 * found) << "a batch is half there, or one is missing before another";
    acknowledged = attempted = found;
    // The power fails at any moment of the writes, the flushes of memtables and the syncs.
    std::thread cutting([disk, after = std::chrono::microseconds(dice() % 20000)] {
      std::this_thread::sleep_for(after);
      disk->powered = false;
    });
    while (disk->powered) {
      auto number = std::to_string(attempted);
      std::string value(dice() % 2000, static_cast<char>('a' + dice() % 26));
      Write rows[]{{"a" + number, value}, {"b" + number, value}, {"c" + number, value}};
      std::string keys[]{"a" + number, "b" + number, "c" + number};
      for (int i = 0; i < 3; ++i) rows[i].key = keys[i];
      ++attempted;
      if (!engine->write(rows)) break;
      if (dice() % 8 == 0 && engine->sync()) acknowledged = attempted;
    }
    cutting.join();
  }
  EXPECT_GT(acknowledged, 0);
}

TEST_F(Recovery, ForgetsWhatWasNotSyncedWhenThePowerFails) {
  auto disk = std::make_shared<TestDisk>();
  RocksDbOptions options{.folder = path(), .unsynced_writes = UnsyncedWrites::held_in_memory, .test_disk = disk};
  auto engine = open_rocksdb(options).value();
  ASSERT_TRUE(put(*engine, "a", "1"));
  ASSERT_TRUE(engine->sync());
  ASSERT_TRUE(put(*engine, "b", "1"));
  disk->powered = false;
  engine.reset();
  disk->powered = true;
  engine = open_rocksdb(options).value();

  EXPECT_EQ(get(*engine, "a"), "1");
  EXPECT_EQ(get(*engine, "b"), "(none)");
}

class FullDisk : public Recovery {
 protected:
  bool writes_again(Engine& engine) {
    for (int i = 0; i < 500; ++i) {
      if (put(engine, "later", "1")) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  std::shared_ptr<TestDisk> disk_ = std::make_shared<TestDisk>();
  RocksDbOptions options_{.folder = path(), .test_disk = disk_};
};

TEST_F(FullDisk, RefusesWritesAndGoesOnReading) {
  auto engine = open_rocksdb(options_).value();
  ASSERT_TRUE(put(*engine, "a", "1"));
  disk_->full = true;
  auto refused = put(*engine, "b", "1");

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_NE(refused.error().message.find("full"), std::string::npos) << refused.error().message;
  EXPECT_EQ(get(*engine, "a"), "1");
  EXPECT_EQ(get(*engine, "b"), "(none)");
}

TEST_F(FullDisk, SyncsWhatWasWrittenBeforeIt) {
  auto engine = open_rocksdb(options_).value();
  ASSERT_TRUE(put(*engine, "a", "1"));
  disk_->full = true;
  ASSERT_FALSE(put(*engine, "b", "1"));
  auto synced = engine->sync();

  EXPECT_TRUE(synced) << synced.error().message;
}

TEST_F(FullDisk, WritesAgainOnceThereIsSpace) {
  auto engine = open_rocksdb(options_).value();
  ASSERT_TRUE(put(*engine, "a", "1"));
  disk_->full = true;
  ASSERT_FALSE(put(*engine, "b", "1"));
  ASSERT_FALSE(put(*engine, "b", "1"));
  disk_->full = false;
  EXPECT_TRUE(writes_again(*engine));
  ASSERT_TRUE(engine->sync());
  crash(std::move(engine));

  engine = open();
  EXPECT_EQ(get(*engine, "a"), "1");
  EXPECT_EQ(get(*engine, "b"), "(none)");
  EXPECT_EQ(get(*engine, "later"), "1");
}

TEST_F(FullDisk, WritesAgainEvenIfTheFirstWriteFoundItFull) {
  auto engine = open_rocksdb(options_).value();
  ASSERT_TRUE(engine->sync());
  disk_->full = true;
  ASSERT_FALSE(put(*engine, "a", "1"));
  ASSERT_FALSE(put(*engine, "a", "1"));
  disk_->full = false;

  EXPECT_TRUE(writes_again(*engine));
}

TEST_F(FullDisk, WritesAgainHoweverOftenItWasFull) {
  auto engine = open_rocksdb(options_).value();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 30 * round; ++i) ASSERT_TRUE(put(*engine, "a" + std::to_string(i), std::string(3000, 'x')));
    disk_->full = true;
    ASSERT_FALSE(put(*engine, "b", "1"));
    disk_->full = false;
    ASSERT_TRUE(writes_again(*engine)) << round;
  }
  crash(std::move(engine));

  EXPECT_EQ(get(*open(), "later"), "1");
}

TEST_F(FullDisk, DropsATornWriteWhenTheProcessEndsMeanwhile) {
  auto engine = open_rocksdb(options_).value();
  ASSERT_TRUE(put(*engine, "a", "1"));
  disk_->full = true;
  ASSERT_FALSE(put(*engine, "b", std::string(10000, 'x')));
  ASSERT_TRUE(engine->sync());
  crash(std::move(engine));

  engine = open();
  EXPECT_EQ(get(*engine, "a"), "1");
  EXPECT_EQ(count_rows(*engine), 1);
}

TEST(RocksDbEngine, ReportsAFailedSync) {
  TestFolder folder;
  auto disk = std::make_shared<TestDisk>();
  auto engine = open_rocksdb({.folder = folder.path(), .test_disk = disk}).value();
  ASSERT_TRUE(put(*engine, "a", "1"));
  disk->syncs_fail = true;

  EXPECT_FALSE(engine->sync());
}

TEST(SyncedMark, KeepsTheHighestValidSlot) {
  std::string file(SyncedMark::file_size, '\0');
  EXPECT_EQ(SyncedMark::decode(file), std::nullopt);
  EXPECT_EQ(SyncedMark::decode(""), std::nullopt);
  file.replace(0, SyncedMark::slot_size, SyncedMark::encode_slot(7));
  EXPECT_EQ(SyncedMark::decode(file), 7u);
  file.replace(SyncedMark::slot_distance, SyncedMark::slot_size, SyncedMark::encode_slot(9));
  EXPECT_EQ(SyncedMark::decode(file), 9u);
  file[SyncedMark::slot_distance] ^= 1;

  EXPECT_EQ(SyncedMark::decode(file), 7u);
}

}  // namespace
}  // namespace millrace::kv
