#include "front/kafka/credential_admin.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "kv/testing.h"

namespace millrace::front {
namespace {

using testing::HasSubstr;
using testing::Not;

class CredentialAdminTest : public testing::Test {
 protected:
  Result<std::string> run(std::string request) {
    return take_now(administer_credentials(credentials_, std::move(request)));
  }

  kv::MemoryHome memory_;
  net::Reactor reactor_;
  LogCredentials credentials_{memory_.home(), reactor_, {.default_secrets = {"main", "open"}}};
};

TEST_F(CredentialAdminTest, TellsThePasswordOnceOnly) {
  std::string made = run(R"({"do":"create","name":"phone","topics":"clicks.*","permissions":"produce"})").value();
  EXPECT_THAT(made, HasSubstr(R"("topics":"clicks.*","permissions":"PRODUCE")"));
  EXPECT_THAT(made, HasSubstr(R"("password":")"));

  std::string shown = run(R"({"do":"show","name":"phone"})").value();
  EXPECT_THAT(shown, HasSubstr(R"({"name":"phone","username":")"));
  EXPECT_THAT(shown, Not(HasSubstr("password")));
  EXPECT_EQ(run(R"({"do":"list"})").value(), "{\"credentials\":[" + shown + "]}");
}

TEST_F(CredentialAdminTest, DeletesCredentialsButNotTheDefaultOne) {
  run(R"({"do":"create","name":"phone"})").value();

  EXPECT_EQ(run(R"({"do":"delete","name":"phone"})").value(), R"({"deleted":"phone"})");
  EXPECT_EQ(run(R"({"do":"list"})").value(), R"({"credentials":[]})");
  EXPECT_EQ(run(R"({"do":"delete","name":"main"})").error().code, ErrorCode::not_found);
}

TEST_F(CredentialAdminTest, SaysWhatItCannotDo) {
  for (std::string request :
       {"", "[]", "{}", R"({"do":"burn"})", R"({"do":"create"})", R"({"do":"create","name":"a","permissions":"READ"})",
        R"({"do":"create","name":"a","topics":"*a"})"}) {
    EXPECT_EQ(run(request).error().code, ErrorCode::invalid) << request;
  }
  EXPECT_EQ(run(R"({"do":"show","name":"a"})").error().code, ErrorCode::not_found);
}

TEST_F(CredentialAdminTest, AnswersThoseWhoHaveTheSecretOfTheFolder) {
  auto routes = credential_admin_routes(credentials_, "s3cr3t");
  auto ask = [&](std::string secret, std::string body) {
    auto request =
        net::HttpRequest::parse("POST /admin/credentials HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + secret +
                                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return take_now(routes.front().handle(*request)).status;
  };

  EXPECT_EQ(ask("other", R"({"do":"list"})"), 401);
  EXPECT_EQ(ask("s3cr3t", R"({"do":"list"})"), 200);
  EXPECT_EQ(ask("s3cr3t", R"({"do":"show","name":"a"})"), 404);
  for (int i = 0; i < 10; ++i) run("{\"do\":\"create\",\"name\":\"c" + std::to_string(i) + "\"}").value();
  EXPECT_EQ(ask("s3cr3t", R"({"do":"create","name":"more"})"), 429);
}

}  // namespace
}  // namespace millrace::front
