#include <algorithm>

#include "store/rdb/crc64.h"
#include "store/rdb/payload.h"
#include "store/rdb/streams.h"
#include "store/rdb/types.h"
#include "store/rdb/writer.h"

namespace millrace::store::rdb {
namespace {

// The plain encodings, which every version of Redis reads.
struct Writer {
  std::string& out;
  std::uint16_t version = version_written;

  void operator()(const String& string) {
    out.push_back(string_type);
    append_string(out, string.text);
  }

  void operator()(const List& list) {
    out.push_back(list_type);
    append_all(list.elements);
  }

  void operator()(const Set& set) {
    out.push_back(set_type);
    append_all(set.members);
  }

  void operator()(const SortedSet& set) {
    out.push_back(sorted_set_type);
    append_length(out, set.members.size());
    for (const Score& score : set.members) {
      append_string(out, score.member);
      append_double(out, score.score);
    }
  }

  void operator()(const Hash& hash) {
    bool expiring = std::ranges::any_of(hash.fields, [](const Field& field) { return field.expires_at != 0; });
    if (expiring) return write_expiring(hash);
    out.push_back(hash_type);
    append_length(out, hash.fields.size());
    for (const Field& field : hash.fields) {
      append_string(out, field.name);
      append_string(out, field.value);
    }
  }

  void operator()(const Stream& stream) {
    out.push_back(stream_type_2);
    append_stream(out, stream);
  }

  void operator()(const Json& json) {
    out.push_back(static_cast<char>(json_type));
    append_string(out, json.text);
  }

  void append_all(const std::vector<std::string>& texts) {
    append_length(out, texts.size());
    for (const std::string& text : texts) append_string(out, text);
  }

  void write_expiring(const Hash& hash) {
    version = version_of_field_expiry;
    std::int64_t earliest = INT64_MAX;
    for (const Field& field : hash.fields) {
      if (field.expires_at != 0) earliest = std::min(earliest, field.expires_at);
    }
    out.push_back(hash_expiring_type);
    append_little_endian(out, static_cast<std::uint64_t>(earliest));
    append_length(out, hash.fields.size());
    for (const Field& field : hash.fields) {
      append_length(out, field.expires_at == 0 ? 0 : static_cast<std::uint64_t>(field.expires_at - earliest) + 1);
      append_string(out, field.name);
      append_string(out, field.value);
    }
  }
};

}  // namespace

std::string encode(const Value& value) {
  std::string payload;
  Writer writer{payload};
  std::visit(writer, value);
  append_little_endian(payload, writer.version);
  append_little_endian(payload, crc64(payload));
  return payload;
}

}  // namespace millrace::store::rdb
