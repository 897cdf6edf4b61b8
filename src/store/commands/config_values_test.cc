#include <gtest/gtest.h>

#include "store/commands/config_parameters.h"

namespace millrace::store {
namespace {

std::string normalized(std::string_view name, std::string_view value) {
  auto done = normalize_parameter(*find_parameter(name), value);
  return done ? *done : "-" + done.error().message;
}

TEST(ConfigParameters, TakeTheirOwnInitialValues) {
  for (const ConfigParameter& parameter : config_parameters()) {
    EXPECT_EQ(normalized(parameter.name, parameter.initial), parameter.initial) << parameter.name;
  }
}

TEST(ConfigParameters, AreKnownByTheirOlderNames) {
  EXPECT_EQ(find_parameter("SLAVE-priority"), find_parameter("replica-priority"));
  EXPECT_EQ(find_parameter("nosuch"), nullptr);
  EXPECT_EQ(find_parameter(""), nullptr);
}

TEST(ConfigParameters, BringValuesIntoOneForm) {
  EXPECT_EQ(normalized("maxmemory", "1gb"), "1073741824");
  EXPECT_EQ(normalized("maxmemory-clients", "5%"), "5%");
  EXPECT_EQ(normalized("maxmemory-clients", "1m"), "1000000");
  EXPECT_EQ(normalized("appendonly", "YES"), "yes");
  EXPECT_EQ(normalized("shutdown-on-sigint", "force nosave"), "nosave force");
  EXPECT_EQ(normalized("save", "900 1  300 10"), "900 1 300 10");
  EXPECT_EQ(normalized("latency-tracking-info-percentiles", "0.0 50.0 100.0"), "0 50 100");
  EXPECT_EQ(normalized("client-output-buffer-limit", "replica 1mb 0 5"),
            "normal 0 0 0 slave 1048576 0 5 pubsub 33554432 8388608 60");
  EXPECT_EQ(normalized("unixsocketperm", "777"), "777");
}

TEST(ConfigParameters, RefuseWhatTheyCannotBe) {
  EXPECT_EQ(normalized("maxmemory-clients", "101%"), "-percentage argument must be less or equal to 100");
  EXPECT_EQ(normalized("maxmemory", "much"), "-argument must be a memory value");
  EXPECT_EQ(normalized("shutdown-on-sigint", "save nosave"), "-SAVE and NOSAVE shouldn't be used together");
  EXPECT_EQ(normalized("loglevel", "loud"),
            "-argument(s) must be one of the following: debug, verbose, notice, warning, nothing");
  EXPECT_TRUE(normalized("latency-tracking-info-percentiles", "101").starts_with("-"));
  EXPECT_TRUE(normalized("client-output-buffer-limit", "nobody 1 1 1").starts_with("-Invalid client class"));
  EXPECT_TRUE(normalized("oom-score-adj-values", "1 2").starts_with("-wrong number"));
}

TEST(Memory, HasUnits) {
  EXPECT_EQ(parse_memory("100"), 100u);
  EXPECT_EQ(parse_memory("1K"), 1000u);
  EXPECT_EQ(parse_memory("1kb"), 1024u);
  EXPECT_EQ(parse_memory("18446744073709551615b"), UINT64_MAX);
  for (std::string_view text : {"", "kb", "1tb", "-1", "18446744073709551615k"})
    EXPECT_FALSE(parse_memory(text)) << text;
}

}  // namespace
}  // namespace millrace::store
