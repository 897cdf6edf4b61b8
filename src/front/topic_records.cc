#include "front/topic_records.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/json_writer.h"

namespace millrace::front {
namespace {

using eventlog::NewRecord;
using eventlog::Record;

Error invalid(std::string_view field) {
  return {ErrorCode::invalid, fmt::format("the field '{}' of a record cannot be read", field)};
}

Result<std::optional<std::string>> read_bytes(const JsonValue& object, const std::string& name) {
  const JsonValue* plain = object.find(name);
  if (plain != nullptr && plain->is_string()) return std::optional(std::string(plain->string()));
  if (plain != nullptr && !plain->is_null()) return invalid(name);
  const JsonValue* encoded = object.find(name + "_base64url");
  if (encoded == nullptr) return std::optional<std::string>{};
  auto bytes = encoded->is_string() ? base64url_decode(encoded->string()) : std::nullopt;
  if (!bytes) return invalid(name + "_base64url");
  return bytes;
}

Result<std::optional<std::uint64_t>> read_number(const JsonValue& object, std::string_view name, std::uint64_t most) {
  const JsonValue* value = object.find(name);
  if (value == nullptr || value->is_null()) return std::optional<std::uint64_t>{};
  bool fits = value->kind() == JsonValue::Kind::integer && value->integer() >= 0 &&
              static_cast<std::uint64_t>(value->integer()) <= most;
  if (!fits) return invalid(name);
  return std::optional(static_cast<std::uint64_t>(value->integer()));
}

Result<void> read_headers(const JsonValue& object, NewRecord& record) {
  const JsonValue* headers = object.find("headers");
  if (headers == nullptr) return {};
  if (!headers->is_array()) return invalid("headers");
  for (const JsonValue& header : headers->items()) {
    bool pair = header.is_array() && header.items().size() == 2 && header.items()[0].is_string() &&
                header.items()[1].is_string();
    if (!pair) return invalid("headers");
    record.headers.push_back({std::string(header.items()[0].string()), std::string(header.items()[1].string())});
  }
  return {};
}

}  // namespace

void append_bytes_member(JsonWriter& json, const std::string& name, std::string_view bytes) {
  std::string plain, repaired;
  append_json_string(plain, bytes);
  append_json_string_repaired(repaired, bytes);
  if (plain == repaired) {
    json.key(name).raw(plain);
  } else {
    json.key(name + "_base64url").string(base64url_encode(bytes));
  }
}

void append_record_json(std::string& out, const Record& record) {
  JsonWriter json(out);
  json.open_object();
  json.key("partition").integer(record.partition);
  json.key("offset").integer(static_cast<std::int64_t>(record.offset));
  json.key("timestamp").integer(record.timestamp.time_since_epoch().count());
  if (record.version > 0) json.key("version").integer(static_cast<std::int64_t>(record.version));
  if (record.key) append_bytes_member(json, "key", *record.key);
  if (record.value) append_bytes_member(json, "value", *record.value);
  if (!record.headers.empty()) {
    json.key("headers").open_array();
    for (const auto& header : record.headers) {
      std::string name, value;
      append_json_string_repaired(name, header.name);
      append_json_string_repaired(value, header.value);
      json.open_array().raw(name).raw(value).close_array();
    }
    json.close_array();
  }
  if (!record.idempotency_key.empty()) append_bytes_member(json, "id", record.idempotency_key);
  json.close_object();
}

Result<NewRecord> read_record_json(const JsonValue& object) {
  if (!object.is_object()) return Error{ErrorCode::invalid, "a record is no JSON object"};
  NewRecord record;
  auto key = read_bytes(object, "key");
  if (!key) return key.error();
  auto value = read_bytes(object, "value");
  if (!value) return value.error();
  auto partition = read_number(object, "partition", UINT32_MAX);
  if (!partition) return partition.error();
  auto timestamp = read_number(object, "timestamp", INT64_MAX);
  if (!timestamp) return timestamp.error();
  if (auto done = read_headers(object, record); !done) return done.error();
  record.key = std::move(*key);
  record.value = std::move(*value);
  if (*partition) record.partition = static_cast<eventlog::PartitionNumber>(**partition);
  if (*timestamp) record.timestamp = Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(**timestamp)));
  auto id = read_bytes(object, "id");
  if (!id) return id.error();
  record.idempotency_key = std::move(*id).value_or("");
  return record;
}

}  // namespace millrace::front
