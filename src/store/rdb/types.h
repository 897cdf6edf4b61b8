#pragma once

// The numbers of the types of values in Redis' files.

#include <cstdint>

namespace millrace::store::rdb {

enum RdbType : std::uint8_t {
  string_type = 0,
  list_type = 1,
  set_type = 2,
  sorted_set_text_type = 3,  // scores as text
  hash_type = 4,
  sorted_set_type = 5,
  hash_zipmap_type = 9,
  list_ziplist_type = 10,
  set_intset_type = 11,
  sorted_set_ziplist_type = 12,
  hash_ziplist_type = 13,
  list_of_ziplists_type = 14,
  stream_type_1 = 15,
  hash_listpack_type = 16,
  sorted_set_listpack_type = 17,
  list_of_listpacks_type = 18,
  stream_type_2 = 19,  // with the numbers of entries added and read
  set_listpack_type = 20,
  stream_type_3 = 21,       // with the time when a consumer was active
  hash_expiring_type = 24,  // with times of expiry
  hash_listpack_expiring_type = 25,
  json_type = 0xf0,  // not of Redis
};

constexpr std::uint16_t version_written = 10;          // of Redis 7.0
constexpr std::uint16_t version_of_field_expiry = 12;  // of Redis 7.4
constexpr std::uint16_t version_most = 12;

}  // namespace millrace::store::rdb
