#include <cmath>

#include "store/commands/text.h"
#include "store/rdb/crc64.h"
#include "store/rdb/packed_lists.h"
#include "store/rdb/payload.h"
#include "store/rdb/reader.h"
#include "store/rdb/streams.h"
#include "store/rdb/types.h"

namespace millrace::store::rdb {
namespace {

constexpr std::size_t tail_size = 10;  // version and checksum

Error bad_format() {
  return {ErrorCode::invalid, "ERR Bad data format"};
}

Elements read_elements(Reader& in) {
  Elements elements;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) elements.push_back(in.string());
  return elements;
}

using ReadPacked = std::optional<Elements> (*)(std::string_view);

Elements read_packed(Reader& in, ReadPacked read) {
  auto elements = read(in.string());
  if (!elements) in.fail();
  return elements ? std::move(*elements) : Elements{};
}

Elements read_list_of_ziplists(Reader& in) {
  Elements all;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    for (std::string& element : read_packed(in, read_ziplist)) all.push_back(std::move(element));
  }
  return all;
}

// Large elements stand alone, the others in listpacks.
Elements read_list_of_listpacks(Reader& in) {
  constexpr std::uint64_t plain = 1;
  constexpr std::uint64_t packed = 2;
  Elements all;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    std::uint64_t container = in.length();
    if (container == plain) {
      all.push_back(in.string());
    } else if (container == packed) {
      for (std::string& element : read_packed(in, read_listpack)) all.push_back(std::move(element));
    } else {
      in.fail();
    }
  }
  return all;
}

Hash pair_up_fields(Reader& in, Elements elements) {
  Hash hash;
  if (elements.size() % 2 != 0) in.fail();
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    hash.fields.push_back({std::move(elements[i]), std::move(elements[i + 1])});
  }
  return hash;
}

Hash read_hash(Reader& in) {
  Hash hash;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    std::string name = in.string();
    hash.fields.push_back({std::move(name), in.string()});
  }
  return hash;
}

// Times are told from the earliest one on; 0 is none.
Hash read_expiring_hash(Reader& in) {
  Hash hash;
  std::uint64_t earliest = in.little_endian<std::uint64_t>();
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    std::uint64_t later = in.length();
    Field field{in.string()};
    field.value = in.string();
    std::uint64_t time = later == 0 ? 0 : earliest + later - 1;
    if (time > INT64_MAX) in.fail();
    field.expires_at = static_cast<std::int64_t>(time);
    hash.fields.push_back(std::move(field));
  }
  return hash;
}

Hash read_expiring_listpack(Reader& in) {
  in.little_endian<std::uint64_t>();  // the earliest time, which the elements tell as well
  Elements elements = read_packed(in, read_listpack);
  Hash hash;
  if (elements.size() % 3 != 0) in.fail();
  for (std::size_t i = 0; i + 2 < elements.size(); i += 3) {
    auto time = to_integer(elements[i + 2]);
    if (!time || *time < 0) in.fail();
    hash.fields.push_back({std::move(elements[i]), std::move(elements[i + 1]), time.value_or(0)});
  }
  return hash;
}

void check_score(Reader& in, double score) {
  if (std::isnan(score)) in.fail();
}

SortedSet read_sorted_set(Reader& in, bool binary) {
  SortedSet set;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    std::string member = in.string();
    double score = binary ? in.binary_double() : in.text_double();
    check_score(in, score);
    set.members.push_back({std::move(member), score});
  }
  return set;
}

SortedSet pair_up_scores(Reader& in, Elements elements) {
  SortedSet set;
  if (elements.size() % 2 != 0) in.fail();
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    auto score = to_real(elements[i + 1]);
    if (!score) in.fail();
    set.members.push_back({std::move(elements[i]), score.value_or(0)});
  }
  return set;
}

Value read_value(Reader& in) {
  switch (in.byte()) {
    case string_type: return String{in.string()};
    case list_type: return List{read_elements(in)};
    case set_type: return Set{read_elements(in)};
    case sorted_set_text_type: return read_sorted_set(in, false);
    case hash_type: return read_hash(in);
    case sorted_set_type: return read_sorted_set(in, true);
    case hash_zipmap_type: return pair_up_fields(in, read_packed(in, read_zipmap));
    case list_ziplist_type: return List{read_packed(in, read_ziplist)};
    case set_intset_type: return Set{read_packed(in, read_intset)};
    case sorted_set_ziplist_type: return pair_up_scores(in, read_packed(in, read_ziplist));
    case hash_ziplist_type: return pair_up_fields(in, read_packed(in, read_ziplist));
    case list_of_ziplists_type: return List{read_list_of_ziplists(in)};
    case stream_type_1: return read_stream(in, 1);
    case hash_listpack_type: return pair_up_fields(in, read_packed(in, read_listpack));
    case sorted_set_listpack_type: return pair_up_scores(in, read_packed(in, read_listpack));
    case list_of_listpacks_type: return List{read_list_of_listpacks(in)};
    case stream_type_2: return read_stream(in, 2);
    case set_listpack_type: return Set{read_packed(in, read_listpack)};
    case stream_type_3: return read_stream(in, 3);
    case hash_expiring_type: return read_expiring_hash(in);
    case hash_listpack_expiring_type: return read_expiring_listpack(in);
    case json_type: return Json{in.string()};
    default: in.fail(); return String{};
  }
}

// There are no empty collections but streams.
struct IsEmpty {
  bool operator()(const String&) const { return false; }
  bool operator()(const List& list) const { return list.elements.empty(); }
  bool operator()(const Set& set) const { return set.members.empty(); }
  bool operator()(const Hash& hash) const { return hash.fields.empty(); }
  bool operator()(const SortedSet& set) const { return set.members.empty(); }
  bool operator()(const Stream&) const { return false; }
  bool operator()(const Json&) const { return false; }
};

}  // namespace

Result<Value> decode(std::string_view payload) {
  Error untrusted{ErrorCode::invalid, "ERR DUMP payload version or checksum are wrong"};
  if (payload.size() <= tail_size) return untrusted;
  std::string_view checked = payload.substr(0, payload.size() - 8);
  Reader tail(payload.substr(payload.size() - tail_size), 0);
  auto version = tail.little_endian<std::uint16_t>();
  auto checksum = tail.little_endian<std::uint64_t>();
  if (version > version_most || crc64(checked) != checksum) return untrusted;
  Reader in(payload.substr(0, payload.size() - tail_size), expanded_bytes_max);
  Value value = read_value(in);
  if (!in.ok() || !in.at_end() || std::visit(IsEmpty{}, value)) return bad_format();
  return value;
}

}  // namespace millrace::store::rdb
