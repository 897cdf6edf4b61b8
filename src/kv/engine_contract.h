#pragma once

// What every engine must do; the tests are in engine_contract_test.cc. A backend joins with one line in its test:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, EngineContract, testing::Values(make_memory_engine));

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kv/engine.h"

namespace millrace::kv {

class EngineContract : public testing::TestWithParam<std::function<std::unique_ptr<Engine>()>> {
 protected:
  using Rows = std::map<std::string, std::string>;

  static KeyRange all() { return {}; }

  void write(std::vector<Write> batch) { ASSERT_TRUE(engine_->write(batch)); }

  std::string get(std::string_view key, ReadFrom from = {}) {
    std::string value;
    return engine_->get(key, from, value).value() == Found::yes ? value : "(none)";
  }

  std::string keys(const KeyRange& range, Direction direction = Direction::ascending, ReadFrom from = {}) {
    std::string keys;
    auto end = engine_->scan(range, direction, from, [&](auto key, auto) {
      keys += keys.empty() ? "" : " ";
      keys += key;
      return Visit::more;
    });
    EXPECT_TRUE(end && *end == ScanEnd::complete);
    return keys;
  }

  std::unique_ptr<Engine> engine_ = GetParam()();
};

}  // namespace millrace::kv
