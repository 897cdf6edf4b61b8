#pragma once

// Records as JSON objects that lose nothing, for `millrace topic`. Pure.
//
//   {"partition":0,"offset":17,"timestamp":1731000004211,"version":3,"key":"7","value":"paid",
//    "headers":[["trace","7f"]],"id":"request-1"}
//
// What a record has not is left out; a tombstone has no value. Bytes that are no UTF-8 stand under "key_base64url" and
// "value_base64url"; in headers they become U+FFFD.

#include <string>
#include <string_view>

#include "eventlog/event_log.h"

namespace millrace {
class JsonValue;
class JsonWriter;
}  // namespace millrace

namespace millrace::front {

void append_record_json(std::string& out, const eventlog::Record& record);

// The member `name` of such an object, or `name`_base64url where the bytes are no UTF-8.
void append_bytes_member(JsonWriter& json, const std::string& name, std::string_view bytes);

// Reads what the above write; where a record stood is not looked at, but for its partition. Fails with `invalid`.
Result<eventlog::NewRecord> read_record_json(const JsonValue& object);

}  // namespace millrace::front
