#include "front/kafka/kafka_access.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "kv/testing.h"

namespace millrace::front {
namespace {

class LogCredentialsTest : public testing::Test {
 protected:
  LogCredentialsTest() { remade(); }

  // Forgets all but the rows.
  void remade() {
    credentials_ = std::make_unique<LogCredentials>(
        memory_.home(), reactor_,
        LogAccessOptions{.default_secrets = {"main", "open"}, .credentials_max = 3, .checks_max = 2});
    take_now(credentials_->load()).value();
  }

  LogCredentials::Created create(std::string name, LogAccess access = {}) {
    return take_now(credentials_->create(std::move(name), std::move(access))).value();
  }

  // On a reactor of its own, as checks go to the background.
  Result<std::optional<LogAccess>> check(std::string username, std::string password) {
    std::optional<Result<std::optional<LogAccess>>> answer;
    net::Reactor reactor;
    LogCredentials credentials(memory_.home(), reactor, {.default_secrets = {"main", "open"}});
    take_now(credentials.load()).value();
    reactor.post([&] {
      start(credentials.check(std::move(username), std::move(password)), [&](auto done) {
        answer = std::move(done);
        reactor.stop();
      });
    });
    reactor.run();
    return std::move(*answer);
  }

  void ask(std::string username, std::string password, std::string word) {
    start(credentials_->check(std::move(username), std::move(password)), [this, word](auto done) {
      answers_.push_back(word + (!done ? " busy" : *done ? " yes" : " no"));
    });
  }

  // What is known is answered at once, with no thread to wait for.
  Async<void> ask_again(LogCredentials::Created made) {
    while (answers_.size() < 3) co_await reactor_.sleep(std::chrono::milliseconds(1));
    ask(made.credential.username, made.password, "fourth");
    co_await credentials_->remove("phone");
    ask(made.credential.username, made.password, "fifth");
    reactor_.stop();
  }

  kv::MemoryHome memory_;
  net::Reactor reactor_;
  std::vector<std::string> answers_;
  std::unique_ptr<LogCredentials> credentials_;
};

TEST(LogAccess, CoversATopicOrTheBeginningOfTopics) {
  EXPECT_TRUE((LogAccess{.topics = "*"}.covers("anything")));
  EXPECT_TRUE((LogAccess{.topics = "users.*"}.covers("users.eu")));
  EXPECT_FALSE((LogAccess{.topics = "users.*"}.covers("users")));
  EXPECT_TRUE((LogAccess{.topics = "audit"}.covers("audit")));
  EXPECT_FALSE((LogAccess{.topics = "audit"}.covers("audit-2")));
  for (std::string_view pattern : {"*", "a*", "users.*", "audit", "A_b-c.9"}) EXPECT_TRUE(is_topic_pattern(pattern));
  for (std::string_view pattern : {"", "*a", "a*b", "**", "a b", "ä", "/"}) EXPECT_FALSE(is_topic_pattern(pattern));
}

TEST(LogAccess, KeepsProducersFromReadingAndConsumersFromWriting) {
  LogAccess producer{.permissions = LogPermissions::produce};
  LogAccess consumer{.topics = "a*", .permissions = LogPermissions::consume};

  EXPECT_TRUE(producer.may(LogRight::produce, "t"));
  EXPECT_FALSE(producer.may(LogRight::consume, "t"));
  EXPECT_TRUE(consumer.may(LogRight::consume, "a"));
  EXPECT_FALSE(consumer.may(LogRight::consume, "b"));
  EXPECT_FALSE(consumer.may(LogRight::produce, "a"));
  EXPECT_EQ(read_permissions("produce"), LogPermissions::produce);
  EXPECT_EQ(read_permissions("READ"), std::nullopt);
  EXPECT_EQ(to_string(LogPermissions::consume), "CONSUME");
}

TEST(LogAccess, SplitsAPairAtItsFirstColon) {
  auto pair = [](std::string_view header) -> std::string {
    auto secrets = read_basic(header);
    return secrets ? secrets->username + "|" + secrets->password : "none";
  };

  EXPECT_EQ(pair("Basic c3ZjOnMzY3JldA=="), "svc|s3cret");
  EXPECT_EQ(pair("basic  c3ZjOnMzY3JldA"), "svc|s3cret");
  EXPECT_EQ(pair("BASIC YTpiOmM="), "a|b:c");
  EXPECT_EQ(pair("Basic Og=="), "|");
  EXPECT_EQ(pair("Basic fn5+Pz8/Og=="), "~~~???|");
  for (std::string_view header : {"", "Basic", "Basic ", "Basic !", "Basic YWJj", "Bearer c3ZjOnMzY3JldA=="}) {
    EXPECT_EQ(pair(header), "none") << header;
  }
}

TEST_F(LogCredentialsTest, LetTheDefaultOneDoEverything) {
  auto access = check("main", "open").value();

  ASSERT_TRUE(access.has_value());
  EXPECT_TRUE(access->may(LogRight::produce, "t") && access->may(LogRight::consume, "u"));
  EXPECT_FALSE(check("main", "shut").value().has_value());
  EXPECT_FALSE(check("other", "open").value().has_value());
  EXPECT_FALSE(check("", "").value().has_value());
}

TEST_F(LogCredentialsTest, KnowWhomTheyMadeAfterARestart) {
  auto phone = create("phone", {.topics = "clicks.*", .permissions = LogPermissions::produce});
  remade();

  EXPECT_EQ(credentials_->list(), std::vector{phone.credential});
  auto access = check(phone.credential.username, phone.password).value();
  ASSERT_TRUE(access.has_value());
  EXPECT_TRUE(access->may(LogRight::produce, "clicks.eu"));
  EXPECT_FALSE(access->may(LogRight::consume, "clicks.eu"));
  EXPECT_FALSE(check(phone.credential.username, phone.password + "x").value().has_value());
  EXPECT_FALSE(check("phone", phone.password).value().has_value());
}

TEST_F(LogCredentialsTest, RememberAPairThatWasRightUntilItIsRemoved) {
  auto phone = create("phone");
  reactor_.post([&] {
    ask(phone.credential.username, "wrong", "first");
    ask(phone.credential.username, phone.password, "second");
    ask(phone.credential.username, phone.password, "third");
    start(ask_again(phone), [] {});
  });
  reactor_.run();

  std::sort(answers_.begin(), answers_.begin() + 3);
  EXPECT_EQ(answers_, (std::vector<std::string>{"first no", "second yes", "third busy", "fourth yes", "fifth no"}));
}

TEST_F(LogCredentialsTest, ForgetAllHeadersWhenOneOfThemIsRemoved) {
  create("phone");
  EXPECT_EQ(credentials_->remembered("Basic bWFpbjpvcGVu"), nullptr);
  credentials_->remember("Basic bWFpbjpvcGVu", {.topics = "t*", .permissions = LogPermissions::produce});

  const LogAccess* access = credentials_->remembered("Basic bWFpbjpvcGVu");
  ASSERT_NE(access, nullptr);
  EXPECT_TRUE(access->may(LogRight::produce, "topic"));
  EXPECT_FALSE(access->may(LogRight::consume, "topic"));
  EXPECT_EQ(credentials_->remembered("Basic bWFpbjpvcGV"), nullptr);
  take_now(credentials_->remove("phone")).value();
  EXPECT_EQ(credentials_->remembered("Basic bWFpbjpvcGVu"), nullptr);
}

TEST_F(LogCredentialsTest, SayWhatCannotBeMade) {
  create("a");
  EXPECT_EQ(take_now(credentials_->create("a", {})).error(),
            (Error{ErrorCode::conflict, "there is a credential 'a' already"}));
  EXPECT_EQ(take_now(credentials_->create("", {})).error().code, ErrorCode::invalid);
  EXPECT_EQ(take_now(credentials_->create("a/b", {})).error().code, ErrorCode::invalid);
  EXPECT_EQ(take_now(credentials_->create("b", {.topics = "a*b"})).error().code, ErrorCode::invalid);
  EXPECT_EQ(take_now(credentials_->remove("b")).error(), (Error{ErrorCode::not_found, "there is no credential 'b'"}));
  create("b");
  create("c");
  EXPECT_EQ(take_now(credentials_->create("d", {})).error().code, ErrorCode::over_limit);
}

TEST_F(LogCredentialsTest, AreRowsThatAreReadWholeOrNotAtAll) {
  auto made = create("phone", {.topics = "t", .permissions = LogPermissions::consume}).credential;
  std::string row = encode(made);

  EXPECT_EQ(decode_credential("phone", row), made);
  for (std::size_t size = 0; size < row.size(); ++size) EXPECT_FALSE(decode_credential("phone", row.substr(0, size)));
  EXPECT_FALSE(decode_credential("phone", row + "x"));
  row[0] = 9;
  EXPECT_FALSE(decode_credential("phone", row));
}

}  // namespace
}  // namespace millrace::front
