#include "server/outbound.h"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

TEST(Sending, RefusesUrlsThatShowASpecialAddress) {
  net::Reactor reactor;
  Options options;
  options.delivery_allow = {"10.1.0.0/16", "hooks.internal"};
  auto sending = make_sending(reactor, options);
  ASSERT_TRUE(sending);

  EXPECT_EQ(sending->admit("http://127.0.0.1:8080/x").error().message,
            "invalid destination url: endpoint resolves to a loopback address: 127.0.0.1");
  for (const char* url : {"http://localhost/", "http://a.localhost/", "http://[::1]/", "http://192.168.1.1/",
                          "http://169.254.169.254/latest", "http://0x7f000001/", "http://10.2.0.1/"}) {
    EXPECT_FALSE(sending->admit(url)) << url;
  }
  for (const char* url : {"https://shop.example/", "http://10.1.2.3/", "http://hooks.internal/", "http://1.1.1.1/"}) {
    EXPECT_TRUE(sending->admit(url)) << url;
  }
}

TEST(Sending, OfDevelopmentGoesEverywhere) {
  net::Reactor reactor;
  Options options;
  options.development = true;

  EXPECT_TRUE(make_sending(reactor, options)->admit("http://127.0.0.1/"));
}

TEST(Sending, SaysWhichSettingIsWrong) {
  net::Reactor reactor;
  Options options;
  options.delivery_allow = {"10.0.0.0/99"};
  EXPECT_TRUE(make_sending(reactor, options).error().message.starts_with("delivery-allow: "));
  options.delivery_allow.clear();
  options.map_host = {"example.com"};
  EXPECT_TRUE(make_sending(reactor, options).error().message.starts_with("map-host: "));
}

}  // namespace
}  // namespace millrace::server
