#include "front/redis/reply_writer.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace millrace::front {
namespace {

using store::Reply;

std::string two(const Reply& reply) {
  std::string out;
  append_reply(out, reply, RespVersion::two);
  return out;
}

std::string three(const Reply& reply) {
  std::string out;
  append_reply(out, reply, RespVersion::three);
  return out;
}

std::string text_of(double number) {
  std::string out;
  append_real_text(out, number);
  return out;
}

TEST(ReplyWriter, WritesWhatBothVersionsShare) {
  for (const auto write : {two, three}) {
    EXPECT_EQ(write(Reply::ok()), "+OK\r\n");
    EXPECT_EQ(write(Reply::simple("string")), "+string\r\n");
    EXPECT_EQ(write(Reply::error("WRONGTYPE no")), "-WRONGTYPE no\r\n");
    EXPECT_EQ(write(Reply::of(-9223372036854775807 - 1)), ":-9223372036854775808\r\n");
    EXPECT_EQ(write(Reply::bulk("")), "$0\r\n\r\n");
    EXPECT_EQ(write(Reply::bulk(std::string_view("a\r\n\0", 4))), std::string("$4\r\na\r\n\0\r\n", 10));
    EXPECT_EQ(write(Reply::array({})), "*0\r\n");
    EXPECT_EQ(write(Reply::array({Reply::of(1), Reply::array({Reply::bulk("x")})})), "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n");
  }
}

TEST(ReplyWriter, BringsTheNewShapesDownForVersionTwo) {
  EXPECT_EQ(two(Reply::nil()), "$-1\r\n");
  EXPECT_EQ(two(Reply::nil_array()), "*-1\r\n");
  EXPECT_EQ(two(Reply::of_boolean(true)), ":1\r\n");
  EXPECT_EQ(two(Reply::of_boolean(false)), ":0\r\n");
  EXPECT_EQ(two(Reply::of_real(1.5)), "$3\r\n1.5\r\n");
  EXPECT_EQ(two(Reply::map({Reply::bulk("k"), Reply::of(1)})), "*2\r\n$1\r\nk\r\n:1\r\n");
  EXPECT_EQ(two(Reply::set({Reply::bulk("k")})), "*1\r\n$1\r\nk\r\n");
  EXPECT_EQ(two(Reply::push({Reply::bulk("k")})), "*1\r\n$1\r\nk\r\n");
  EXPECT_EQ(two(Reply::verbatim("a\nb")), "$3\r\na\nb\r\n");
  EXPECT_EQ(two({.kind = Reply::Kind::big_number, .text = "123"}), "$3\r\n123\r\n");
}

TEST(ReplyWriter, WritesEveryShapeOfVersionThree) {
  EXPECT_EQ(three(Reply::nil()), "_\r\n");
  EXPECT_EQ(three(Reply::nil_array()), "_\r\n");
  EXPECT_EQ(three(Reply::of_boolean(true)), "#t\r\n");
  EXPECT_EQ(three(Reply::of_boolean(false)), "#f\r\n");
  EXPECT_EQ(three(Reply::of_real(1.5)), ",1.5\r\n");
  EXPECT_EQ(three(Reply::of_real(-std::numeric_limits<double>::infinity())), ",-inf\r\n");
  EXPECT_EQ(three(Reply::map({Reply::bulk("k"), Reply::of(1)})), "%1\r\n$1\r\nk\r\n:1\r\n");
  EXPECT_EQ(three(Reply::set({Reply::bulk("k")})), "~1\r\n$1\r\nk\r\n");
  EXPECT_EQ(three(Reply::push({Reply::bulk("k")})), ">1\r\n$1\r\nk\r\n");
  EXPECT_EQ(three(Reply::verbatim("a\nb")), "=7\r\ntxt:a\nb\r\n");
  EXPECT_EQ(three({.kind = Reply::Kind::big_number, .text = "123"}), "(123\r\n");
}

TEST(ReplyWriter, LetsNoLineBreakOutOfALine) {
  EXPECT_EQ(two(Reply::error("ERR a\r\nb\nc\r\n")), "-ERR a  b c\r\n");
  EXPECT_EQ(two(Reply::simple("a\nb")), "+a b\r\n");
}

TEST(ReplyWriter, WritesNumbersAsRedisDoes) {
  EXPECT_EQ(text_of(0), "0");
  EXPECT_EQ(text_of(-0.0), "-0");
  EXPECT_EQ(text_of(3), "3");
  EXPECT_EQ(text_of(-17179869184), "-17179869184");
  EXPECT_EQ(text_of(1e18), "1000000000000000000");
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(text_of(-3.25), "-3.25");
  EXPECT_EQ(text_of(1234.5678), "1234.5678");
  EXPECT_EQ(text_of(0.001), "0.001");
  EXPECT_EQ(text_of(0.000001), "0.000001");
  EXPECT_EQ(text_of(0.0000001), "1e-7");
  EXPECT_EQ(text_of(1.5e-9), "1.5e-9");
  EXPECT_EQ(text_of(1e20), "1e+20");
  EXPECT_EQ(text_of(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(text_of(5e-324), "5e-324");
  EXPECT_EQ(text_of(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(text_of(std::nan("")), "nan");
}

TEST(ReplyWriter, WritesNumbersThatReadBackTheSame) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 dice(seed);
  for (int round = 0; round < 100'000; ++round) {
    const auto bits = dice();
    double number = 0;
    std::memcpy(&number, &bits, sizeof number);
    if (!std::isfinite(number)) continue;

    const auto text = text_of(number);

    ASSERT_EQ(std::strtod(text.c_str(), nullptr), number) << text;
    ASSERT_LE(text.size(), 26u) << text;
  }
}

}  // namespace
}  // namespace millrace::front
