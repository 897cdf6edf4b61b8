#include <gtest/gtest.h>
#include <limits>
#include <random>

#include "store/rdb/crc64.h"
#include "store/rdb/packed_lists.h"
#include "store/rdb/payload.h"
#include "store/rdb/reader.h"
#include "store/rdb/types.h"
#include "store/rdb/writer.h"

namespace millrace::store::rdb {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// A payload of these bytes with a version and a checksum that are right.
std::string seal(std::string bytes, std::uint16_t version = version_written) {
  append_little_endian(bytes, version);
  append_little_endian(bytes, crc64(bytes));
  return bytes;
}

Value read(std::string bytes) {
  return decode(seal(std::move(bytes))).value();
}

std::string of_type(RdbType type, std::string_view packed) {
  std::string bytes(1, static_cast<char>(type));
  append_string(bytes, packed);
  return bytes;
}

TEST(Crc64, GivesTheKnownSum) {
  EXPECT_EQ(crc64("123456789"), 0xe9c6d914c4b8d9ca);
}

TEST(Payload, ReadsWhatRedis7Writes) {
  struct Row {
    std::string_view name;
    std::string_view hex;
    Value value;
  };
  const Row rows[] = {
      {"str", "000568656c6c6f0a006372df766534200a", String{"hello"}},
      {"int", "00c1c7cf0a0067eda236b4db26d0", String{"-12345"}},
      {"int32", "00c2d20296490a0002a479f6c2d5670a", String{"1234567890"}},
      {"lzf", "00c30e4096016161e059000062e026000162620a00c27da001a54da893",
       String{std::string(100, 'a') + std::string(50, 'b')}},
      {"list",
       "120102c3234063116300000005008161020c01f178ec03e04678e03c000648f4141a99be1c205c0109ff0a001f94660e"
       "4d0040e3",
       List{{"a", "12", "-5000", std::string(70, 'x'), "123456789012"}}},
      {"list2", "1202020a0a0000000100816102ff020a0a0000000100816202ff0a00aa4ac1805e293d2e", List{{"a", "b"}}},
      {"intset", "0b14040000000300000090eefeff01000000020000000a005d9df7da2f43d06b", Set{{"-70000", "1", "2"}}},
      {"set", "0201036f6e650a007c346b0591e5d20c", Set{{"one"}}},
      {"hash", "1012120000000400816602817602816e022a01ff0a00ff30e87f7262d991", Hash{{{"f", "v"}, {"n", "42"}}}},
      {"hash2", "0401016601760a00adf24356b1860efc", Hash{{{"f", "v"}}}},
      {"zset", "111d1d0000000600816202842d696e660581610283312e35048163020301ff0a002970c58fcde6fc31",
       SortedSet{{{"b", -infinity}, {"a", 1.5}, {"c", 3}}}},
      {"zset2", "05020162000000000000f07f0161000000000000f83f0a001343ce1a14f007a4",
       SortedSet{{{"b", infinity}, {"a", 1.5}}}},
  };
  for (const Row& row : rows) {
    auto value = decode(from_hex(row.hex));
    ASSERT_TRUE(value) << row.name << ": " << value.error().message;
    EXPECT_EQ(*value, row.value) << row.name;
  }
}

TEST(Payload, ReadsAStreamOfRedis7) {
  auto value =
      decode(from_hex("130110000000000000000100000000000000013d3d000000190002010101020181610281620200010201000100010101"
                      "0201050103010101000103010401050100010201040101018163028178020601ff0203050101020103010167010181ff"
                      "ffffffffffffff0100000000000000010000000000000001e59e8300a2010000010103616461e59e8300a20100000100"
                      "0000000000000100000000000000010a008dc95dd538bde4b8"));
  ASSERT_TRUE(value) << value.error().message;
  const auto& stream = std::get<Stream>(*value);

  ASSERT_EQ(stream.entries.size(), 2u);
  EXPECT_EQ(stream.entries[0], (StreamEntry{{1, 1}, {"a", "1", "b", "2"}}));
  EXPECT_EQ(stream.entries[1], (StreamEntry{{3, 5}, {"c", "x"}}));
  EXPECT_EQ(stream.last, (StreamId{3, 5}));
  EXPECT_EQ(stream.deleted_most, (StreamId{2, 1}));
  EXPECT_EQ(stream.added, 3u);
  ASSERT_EQ(stream.groups.size(), 1u);
  const StreamGroup& group = stream.groups[0];
  EXPECT_EQ(group.name, "g");
  EXPECT_EQ(group.last, (StreamId{1, 1}));
  ASSERT_EQ(group.pending.size(), 1u);
  EXPECT_EQ(group.pending[0].deliveries, 1u);
  ASSERT_EQ(group.consumers.size(), 1u);
  EXPECT_EQ(group.consumers[0].name, "ada");
  EXPECT_EQ(group.consumers[0].pending, (std::vector<StreamId>{{1, 1}}));
}

TEST(Payload, ReadsTheEncodingsOfOlderVersions) {
  std::string ziplist = from_hex(
      "31000000"  // bytes
      "2d000000"  // where the last entry begins
      "0600"      // entries
      "00"
      "0161"  // a
      "03"
      "f5"  // 4
      "02"
      "fe80"  // -128
      "03"
      "c0e803"  // 1000
      "05"
      "f0010080"  // -8388607
      "06"
      "4003"
      "787978"  // xyx, in the form of longer texts
      "ff");
  ziplist.resize(ziplist.size() - 1);
  ziplist.push_back(static_cast<char>(0xff));
  ziplist[0] = static_cast<char>(ziplist.size());
  Elements elements{"a", "4", "-128", "1000", "-8388607", "xyx"};

  EXPECT_EQ(read(of_type(list_ziplist_type, ziplist)), Value(List{elements}));
  EXPECT_EQ(read(of_type(hash_ziplist_type, ziplist)),
            Value(Hash{{{"a", "4"}, {"-128", "1000"}, {"-8388607", "xyx"}}}));
  std::string zipmap = from_hex(
      "02"
      "0161"
      "0201"
      "7879"
      "00"
      "0162"
      "0100"
      "7a"
      "ff");
  EXPECT_EQ(read(of_type(hash_zipmap_type, zipmap)), Value(Hash{{{"a", "xy"}, {"b", "z"}}}));
  EXPECT_EQ(read(from_hex("03"
                          "02"
                          "0161"
                          "03"
                          "312e35"
                          "0162"
                          "fe")),
            Value(SortedSet{{{"a", 1.5}, {"b", infinity}}}));
}

TEST(Payload, KeepsWhenFieldsExpire) {
  Hash hash{{{"a", "1", 32'503'680'000'000}, {"b", "2", 0}, {"c", "3", 32'503'680'000'500}}};

  std::string payload = encode(hash);

  EXPECT_EQ(payload[payload.size() - 10], static_cast<char>(version_of_field_expiry));
  EXPECT_EQ(decode(payload).value(), Value(hash));
  Elements packed{"a", "1", "32503680000000", "b", "2", "0"};
  std::string listpack(1, static_cast<char>(hash_listpack_expiring_type));
  append_little_endian(listpack, std::uint64_t{32'503'680'000'000});
  append_string(listpack, write_listpack(packed));
  EXPECT_EQ(read(listpack), Value(Hash{{{"a", "1", 32'503'680'000'000}, {"b", "2", 0}}}));
}

std::string random_text(std::mt19937& dice) {
  constexpr std::size_t sizes[] = {0, 1, 5, 63, 64, 4095, 4096, 20'000};
  switch (dice() % 3) {
    case 0: return std::to_string(static_cast<std::int64_t>(dice()) * (dice() % 2 == 0 ? 1 : -1));
    case 1: return std::to_string(dice() % 200);
    default: return std::string(sizes[dice() % 8], static_cast<char>(dice()));
  }
}

Stream random_stream(std::mt19937& dice) {
  Stream stream;
  StreamId id{dice(), dice()};
  for (std::size_t i = dice() % 250; i > 0; --i) {
    id = dice() % 3 == 0 ? StreamId{id.milliseconds + 1, dice()} : StreamId{id.milliseconds, id.sequence + 1};
    StreamEntry entry{id};
    for (std::size_t fields = dice() % 3 + 1; fields > 0; --fields) {
      entry.fields.push_back(std::string(1, static_cast<char>('a' + dice() % 2)));
      entry.fields.push_back(random_text(dice));
    }
    stream.entries.push_back(std::move(entry));
  }
  stream.last = {id.milliseconds + 7, 3};
  stream.added = stream.entries.size() + 5;
  StreamGroup group{"group", {5, 5}, 17};
  if (!stream.entries.empty()) {
    group.pending.push_back({stream.entries[0].id, 1'700'000'000'000, 3});
    group.consumers.push_back({"ada", 5, 5, {stream.entries[0].id}});
  }
  group.consumers.push_back({"grace", 6, 6});
  stream.groups.push_back(std::move(group));
  return stream;
}

TEST(Payload, ComesBackAsItWas) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 dice(seed);
  for (int round = 0; round < 50; ++round) {
    List list;
    Hash hash;
    SortedSet sorted;
    for (std::size_t i = dice() % 300 + 1; i > 0; --i) {
      list.elements.push_back(random_text(dice));
      hash.fields.push_back({random_text(dice), random_text(dice)});
      sorted.members.push_back({random_text(dice), static_cast<double>(dice()) / 7});
    }
    for (const Value& value : {Value(String{random_text(dice)}), Value(list), Value(Set{list.elements}), Value(hash),
                               Value(sorted), Value(random_stream(dice)), Value(Json{"{}"})}) {
      auto again = decode(encode(value));
      ASSERT_TRUE(again) << value.index();
      EXPECT_EQ(*again, value) << value.index();
    }
    EXPECT_EQ(read_listpack(write_listpack(list.elements)), list.elements);
  }
}

TEST(Payload, IsRefusedWhenAnyByteIsWrong) {
  std::string payload = encode(Hash{{{"name", "Ada"}, {"year", "1815"}}});
  for (std::size_t i = 0; i < payload.size(); ++i) {
    std::string wrong = payload;
    wrong[i] = static_cast<char>(wrong[i] ^ 4);

    EXPECT_EQ(decode(wrong).error().message, "ERR DUMP payload version or checksum are wrong") << i;
    EXPECT_FALSE(decode(payload.substr(0, i)));
  }
}

TEST(Payload, IsRefusedWhenItsBytesAreNoValue) {
  const std::string bad[] = {
      std::string("\x63", 1),  // no such type
      std::string("\x00\x05"
                  "abc",
                  5),  // a string that is cut off
      std::string("\x00\x01"
                  "ab",
                  4),              // bytes behind the value
      std::string("\x01\x00", 2),  // an empty list
      std::string("\x02\xff", 2),  // a count that is none
      std::string("\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                  "a",
                  11),
      std::string("\x05\x01\x01"
                  "a\x00\x00\x00\x00\x00\x00\xf8\x7f",
                  12),  // a score that is no number
      of_type(hash_listpack_type, write_listpack({"a", "1", "b"})),
      of_type(set_intset_type, "\x02"),
      of_type(set_listpack_type, write_listpack({"a"}) + "x"),
  };
  for (const std::string& bytes : bad) {
    EXPECT_EQ(decode(seal(bytes)).error().message, "ERR Bad data format") << static_cast<int>(bytes[0]);
  }
  EXPECT_EQ(decode(seal(std::string("\x00\x01"
                                    "a",
                                    3),
                        version_most + 1))
                .error()
                .message,
            "ERR DUMP payload version or checksum are wrong");
}

TEST(Lzf, IsRefusedWhenItDoesNotGiveTheSizeItSays) {
  std::string packed(
      "\x01"
      "ab"
      "\xe0\x05\x01",
      6);  // ab, then 14 bytes from two before

  EXPECT_EQ(decompress_lzf(packed, 16), "abababababababab");
  EXPECT_FALSE(decompress_lzf(packed, 15));
  EXPECT_FALSE(decompress_lzf(packed, 17));
  EXPECT_FALSE(decompress_lzf(packed, std::size_t{1} << 40));
  EXPECT_FALSE(decompress_lzf(std::string("\x20\x00", 2), 3));  // from before the beginning
  EXPECT_FALSE(
      decompress_lzf("\x05"
                     "ab",
                     6));
}

}  // namespace
}  // namespace millrace::store::rdb
