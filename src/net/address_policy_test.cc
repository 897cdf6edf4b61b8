#include "net/address_policy.h"

#include <gtest/gtest.h>

namespace millrace::net {
namespace {

bool allowed(const AddressPolicy& policy, std::string_view text) {
  auto address = parse_address(text);
  EXPECT_TRUE(address) << text;
  return address && policy.allows(*address);
}

TEST(AddressPolicy, RefusesWhatIsNotTheInternet) {
  AddressPolicy policy = AddressPolicy::internet_and({}).value();
  for (const char* text : {"127.0.0.1",
                           "127.1",
                           "0x7f000001",
                           "2130706433",
                           "0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "100.127.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::1",
                           "::",
                           "::127.0.0.1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "fe80::1",
                           "fd00::1",
                           "fc00::1",
                           "ff02::1",
                           "2002:7f00:1::",
                           "64:ff9b::7f00:1",
                           "2001:0:1::"}) {
    EXPECT_FALSE(allowed(policy, text)) << text;
  }
}

TEST(AddressPolicy, AllowsTheInternet) {
  AddressPolicy policy = AddressPolicy::internet_and({}).value();
  for (const char* text : {"1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "::ffff:1.1.1.1", "2606:4700::1"}) {
    EXPECT_TRUE(allowed(policy, text)) << text;
  }
}

TEST(AddressPolicy, AllowsRangesAndHostsThatAreNamed) {
  AddressPolicy policy =
      AddressPolicy::internet_and({"10.1.0.0/16", "fd00::/8", "127.0.0.1", "Hooks.internal", "*.lan"}).value();

  EXPECT_TRUE(allowed(policy, "10.1.255.1"));
  EXPECT_FALSE(allowed(policy, "10.2.0.1"));
  EXPECT_TRUE(allowed(policy, "::ffff:10.1.0.1"));
  EXPECT_TRUE(allowed(policy, "fd12::1"));
  EXPECT_TRUE(allowed(policy, "127.0.0.1"));
  EXPECT_FALSE(allowed(policy, "127.0.0.2"));
  EXPECT_TRUE(policy.allows_host("hooks.INTERNAL"));
  EXPECT_TRUE(policy.allows_host("a.b.lan."));
  EXPECT_FALSE(policy.allows_host("lan"));
  EXPECT_FALSE(policy.allows_host("hooks.internal.example"));
}

TEST(AddressPolicy, RefusesRangesThatAreNone) {
  for (const char* text : {"10.0.0.0/33", "fd00::/129", "10.0.0.0/x", "a b", "", "*."}) {
    EXPECT_FALSE(AddressPolicy::internet_and({text})) << text;
  }
}

TEST(AddressPolicy, OfDevelopmentAllowsEverything) {
  EXPECT_TRUE(allowed(AddressPolicy::everything(), "127.0.0.1"));
  EXPECT_TRUE(AddressPolicy::everything().allows_host("localhost"));
}

}  // namespace
}  // namespace millrace::net
