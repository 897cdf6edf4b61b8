#include "delivery/retry_delay.h"

#include <cmath>
#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

using namespace std::chrono_literals;
using Headers = std::vector<std::pair<std::string, std::string>>;

double value(std::string_view text, double retried = 0) {
  auto parsed = RetryDelayExpression::parse(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? parsed->evaluate(retried) : std::nan("");
}

TEST(RetryDelayExpression, CalculatesAsOneReadsIt) {
  EXPECT_EQ(value("15000"), 15000);
  EXPECT_EQ(value("1000 * retried", 3), 3000);
  EXPECT_EQ(value("1000 * (1 + retried)", 3), 4000);
  EXPECT_EQ(value("pow(retried, 2) * 1000", 3), 9000);
  EXPECT_EQ(value("max(10, pow(2, retried))", 5), 32);
  EXPECT_EQ(value("min(10, pow(2, retried))", 5), 10);
  EXPECT_EQ(value("10 - 4 - 3"), 3);
  EXPECT_EQ(value("100 / 10 / 2"), 5);
  EXPECT_EQ(value("2 + 3 * 4"), 14);
  EXPECT_EQ(value("-retried + 5", 2), 3);
  EXPECT_EQ(value("--5"), 5);
  EXPECT_EQ(value("floor(2.7) + ceil(2.1) + round(2.5) + abs(-1) + sqrt(16)"), 2 + 3 + 3 + 1 + 4);
  EXPECT_DOUBLE_EQ(value("exp(1)"), std::exp(1));
  EXPECT_EQ(value("1.5e3"), 1500);
  EXPECT_EQ(value(" ( ( 1 ) ) "), 1);
}

TEST(RetryDelayExpression, RefusesWhatItCannotRead) {
  for (const char* text :
       {"",       " ",   "1 +",  "* 2", "(1",         "1)",       "foo(1)", "retries",   "pow(2)",   "pow(2,3,4)",
        "sqrt()", "1 2", "0x10", "1;2", "retried(1)", "min 1, 2", "\n1",    "1/retried", "sqrt(-1)", "2 ** 3"}) {
    auto parsed = RetryDelayExpression::parse(text);
    EXPECT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed || parsed.error().code == ErrorCode::invalid);
  }
}

TEST(RetryDelayExpression, RefusesWhatIsTooLongTooDeepOrTooMuch) {
  EXPECT_FALSE(RetryDelayExpression::parse(std::string(600, ' ') + "1"));
  EXPECT_FALSE(RetryDelayExpression::parse(std::string(200, '(') + "1" + std::string(200, ')')));
  EXPECT_FALSE(RetryDelayExpression::parse(std::string(200, '-') + "1"));
  std::string sum = "1";
  for (int i = 0; i < 100; ++i) sum += "+1";
  EXPECT_FALSE(RetryDelayExpression::parse(sum));
}

TEST(RetryDelay, GrowsByItselfUpToADay) {
  EXPECT_EQ(usual_retry_delay(0), 12s);
  EXPECT_EQ(usual_retry_delay(1), 2min + 28s);
  EXPECT_EQ(usual_retry_delay(2), 30min + 8s);
  EXPECT_EQ(usual_retry_delay(3), 6h + 7min + 6s);
  EXPECT_EQ(usual_retry_delay(4), 24h);
  EXPECT_EQ(usual_retry_delay(1000), 24h);
}

TEST(RetryDelay, ObeysTheReceiverFirst) {
  Headers headers = {{"Retry-After", "7"}, {"X-RateLimit-Reset", "9"}};

  EXPECT_EQ(retry_delay(headers, "1000", 0, {}), 7s);
  EXPECT_EQ(retry_delay(Headers{{"x-ratelimit-reset-tokens", "6m5s"}}, "1000", 0, {}), 365s);
  EXPECT_EQ(retry_delay(Headers{{"retry-after", "0"}}, "1000", 0, {}), 0s);
}

TEST(RetryDelay, IgnoresAReceiverThatAsksForMoreThanADay) {
  Headers headers = {{"X-RateLimit-Reset", "1760000000"}};

  EXPECT_EQ(retry_delay(headers, "1500", 0, {}), 1500ms);
  EXPECT_EQ(retry_delay(headers, "", 0, {}), 12s);
}

TEST(RetryDelay, KeepsAnExpressionBetweenNowAndADay) {
  EXPECT_EQ(retry_delay({}, "0 - 500", 0, {}), 0ms);
  EXPECT_EQ(retry_delay({}, "pow(10, 12)", 0, {}), 24h);
}

TEST(RetryDelay, IsTheUsualOneWhenTheExpressionGivesNoNumber) {
  EXPECT_EQ(retry_delay({}, "sqrt(0 - retried)", 1, {}), usual_retry_delay(1));
  EXPECT_EQ(retry_delay({}, "exp(1000 * retried)", 1, {}), usual_retry_delay(1));
}

}  // namespace
}  // namespace millrace::delivery
