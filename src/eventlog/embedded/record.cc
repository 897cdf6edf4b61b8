#include "eventlog/embedded/record.h"

#include "base/bytes.h"

namespace millrace::eventlog {
namespace {

constexpr std::uint8_t format = 1;

enum Part : std::uint8_t { with_key = 1, with_idempotency_key = 2, with_headers = 4, with_value = 8 };
constexpr std::uint8_t parts_known = 15;

std::uint8_t parts_of(const StoredRecord& record) {
  return static_cast<std::uint8_t>((record.key ? with_key : 0) |
                                   (record.idempotency_key.empty() ? 0 : with_idempotency_key) |
                                   (record.headers.empty() ? 0 : with_headers) | (record.value ? with_value : 0));
}

void read_key(ByteReader& in, StoredRecord& record) {
  record.version = in.varint();
  if (record.version > 1) {
    record.previous.partition = static_cast<PartitionNumber>(in.varint_up_to(UINT32_MAX));
    record.previous.offset = in.varint();
  }
  record.key = in.sized();
}

void read_headers(ByteReader& in, StoredRecord& record) {
  std::uint64_t count = in.varint();
  if (count > in.rest().size() / 2) count = 0;  // each takes two bytes at least: never reserve on trust
  record.headers.reserve(count);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string_view name = in.sized();
    record.headers.push_back({name, in.sized()});
  }
}

}  // namespace

void encode(const StoredRecord& record, std::string& out) {
  out.push_back(static_cast<char>(format));
  out.push_back(static_cast<char>(parts_of(record)));
  append_varint(out, static_cast<std::uint64_t>(record.timestamp.time_since_epoch().count()));
  if (record.key) {
    append_varint(out, record.version);
    if (record.version > 1) {
      append_varint(out, record.previous.partition);
      append_varint(out, record.previous.offset);
    }
    append_sized(out, *record.key);
  }
  if (!record.idempotency_key.empty()) append_sized(out, record.idempotency_key);
  if (!record.headers.empty()) {
    append_varint(out, record.headers.size());
    for (const HeaderView& header : record.headers) {
      append_sized(out, header.name);
      append_sized(out, header.value);
    }
  }
  if (record.value) out.append(*record.value);
}

Result<StoredRecord> decode_record(std::string_view bytes) {
  auto damaged = [] { return Error{ErrorCode::corrupt, "a stored record cannot be read"}; };
  ByteReader in(bytes);
  StoredRecord record;
  if (in.byte() != format) return Error{ErrorCode::corrupt, "a stored record has an unknown format"};
  std::uint8_t parts = in.byte();
  if ((parts & ~parts_known) != 0) return damaged();
  record.timestamp = Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(in.varint_up_to(INT64_MAX))));
  if (parts & with_key) read_key(in, record);
  if (parts & with_idempotency_key) record.idempotency_key = in.sized();
  if (parts & with_headers) read_headers(in, record);
  if (parts & with_value) record.value = in.take(in.rest().size());
  bool whole = in.ok() && in.at_end() && parts_of(record) == parts && record.key.has_value() == (record.version > 0);
  if (!whole) return damaged();
  return record;
}

}  // namespace millrace::eventlog
