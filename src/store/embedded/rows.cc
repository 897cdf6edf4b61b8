#include "store/embedded/rows.h"

#include <algorithm>

#include "base/bytes.h"

namespace millrace::store {
namespace {

// The first two bytes of each kind of row.
constexpr std::string_view databases_counter = "sn";
constexpr std::string_view name_kind = "sd";
constexpr std::string_view database_kind = "sb";
constexpr std::string_view keyspace_kind = "sc";
constexpr std::string_view key_kind = "sh";
constexpr std::string_view element_kind = "se";
constexpr std::string_view unlinked_kind = "sg";
constexpr std::string_view libraries_kind = "sf";
constexpr std::string_view library_kind = "sl";

constexpr std::string_view expiry_kind = "sx";

// The first byte of a key's row: its type, and what follows before the content.
constexpr std::uint8_t type_bits = 0x0f;
constexpr std::uint8_t spread_bit = 0x10;   // generation and number of elements
constexpr std::uint8_t expires_bit = 0x20;  // a time

std::string with_database(std::string_view kind, DatabaseId database) {
  std::string key(kind);  // short enough to need no memory of its own
  append_big_endian(key, database.number);
  return key;
}

std::string with_keyspace(std::string_view kind, DatabaseId database, KeyspaceId keyspace) {
  std::string key = with_database(kind, database);
  append_big_endian(key, keyspace.number);
  return key;
}

std::uint32_t read_number(ByteReader& in) {
  return static_cast<std::uint32_t>(in.varint_up_to(UINT32_MAX));
}

}  // namespace

std::string_view name_of(Type type) {
  switch (type) {
    case Type::string: return "string";
    case Type::set: return "set";
    case Type::hash: return "hash";
    case Type::list: return "list";
    case Type::sorted_set: return "zset";
    case Type::stream: return "stream";
    case Type::json: return "json";
  }
  return "none";
}

std::string databases_counter_key() {
  return std::string(databases_counter);
}
KeyRange name_rows() {
  return prefix_range(name_kind);
}
std::string name_key(std::string_view database_name) {
  return std::string(name_kind).append(database_name);
}
std::string_view name_of_key(std::string_view name_key) {
  return name_key.substr(name_kind.size());
}
std::string database_key(DatabaseId database) {
  return with_database(database_kind, database);
}

std::string keyspace_key(DatabaseId database, KeyspaceId keyspace) {
  return with_keyspace(keyspace_kind, database, keyspace);
}

std::string keys_prefix(DatabaseId database, KeyspaceId keyspace) {
  return with_keyspace(key_kind, database, keyspace);
}

std::string elements_prefix(DatabaseId database, KeyspaceId keyspace, Generation generation) {
  std::string prefix = with_keyspace(element_kind, database, keyspace);
  append_big_endian(prefix, generation);
  return prefix;
}

KeyRange all_elements(DatabaseId database, KeyspaceId keyspace) {
  return prefix_range(with_keyspace(element_kind, database, keyspace));
}

KeyRange expiry_rows_until(std::int64_t time) {
  std::string end(expiry_kind);
  append_big_endian(end, static_cast<std::uint64_t>(time) + 1);
  return {std::string(expiry_kind), std::move(end)};
}

std::string expiry_key(std::int64_t at, DatabaseId database, KeyspaceId keyspace, std::string_view key) {
  std::string row(expiry_kind);
  row.reserve(24 + key.size());
  append_big_endian(row, static_cast<std::uint64_t>(at));
  append_big_endian(row, database.number);
  append_big_endian(row, keyspace.number);
  append_big_endian(row, static_cast<std::uint32_t>(key.size()));
  return row.append(key);
}

std::string expiry_key(std::int64_t at, DatabaseId database, KeyspaceId keyspace, std::string_view key,
                       std::string_view field) {
  return expiry_key(at, database, keyspace, key).append("f").append(field);
}

std::optional<Expiry> decode_expiry_key(std::string_view key) {
  if (!key.starts_with(expiry_kind)) return std::nullopt;
  ByteReader in(key.substr(expiry_kind.size()));
  Expiry expiry;
  expiry.at = static_cast<std::int64_t>(in.big_endian<std::uint64_t>());
  expiry.database.number = in.big_endian<std::uint32_t>();
  expiry.keyspace.number = in.big_endian<std::uint32_t>();
  expiry.key = in.take(in.big_endian<std::uint32_t>());
  if (in.ok() && !in.at_end()) {
    if (in.byte() != 'f') return std::nullopt;
    expiry.field = in.rest();
  }
  if (!in.ok()) return std::nullopt;
  return expiry;
}

KeyRange unlinked_rows() {
  return prefix_range(unlinked_kind);
}

std::string unlinked_key(const Unlinked& unlinked) {
  std::string key = with_keyspace(unlinked_kind, unlinked.database, unlinked.keyspace);
  if (unlinked.generation) append_big_endian(key, *unlinked.generation);
  return key;
}

std::optional<Unlinked> decode_unlinked_key(std::string_view key) {
  if (!key.starts_with(unlinked_kind)) return std::nullopt;
  ByteReader in(key.substr(unlinked_kind.size()));
  Unlinked unlinked{.database = {in.big_endian<std::uint32_t>()}};
  unlinked.keyspace.number = in.big_endian<std::uint32_t>();
  if (!in.at_end()) unlinked.generation = in.big_endian<Generation>();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return unlinked;
}

std::vector<KeyRange> remains(const Unlinked& unlinked) {
  if (unlinked.generation) {
    std::string row = unlinked_key(unlinked);
    return {prefix_range(elements_prefix(unlinked.database, unlinked.keyspace, *unlinked.generation)),
            {row, row + '\0'}};
  }
  return {prefix_range(keys_prefix(unlinked.database, unlinked.keyspace)),
          all_elements(unlinked.database, unlinked.keyspace),
          prefix_range(keyspace_key(unlinked.database, unlinked.keyspace)), prefix_range(unlinked_key(unlinked))};
}

std::string libraries_key(DatabaseId database) {
  return with_database(libraries_kind, database);
}

std::string library_key(DatabaseId database, std::string_view name) {
  return with_database(library_kind, database).append(name);
}

std::string encode(const std::vector<LibraryEntry>& libraries) {
  std::string out;
  for (const LibraryEntry& each : libraries) {
    append_sized(out, each.name);
    out.append(as_text(each.digest));
  }
  return out;
}

std::optional<std::vector<LibraryEntry>> decode_libraries(std::string_view bytes) {
  std::vector<LibraryEntry> libraries;
  ByteReader in(bytes);
  while (!in.at_end()) {
    LibraryEntry entry;
    entry.name = in.sized();
    const std::string_view digest = in.take(entry.digest.size());
    if (!in.ok() || (!libraries.empty() && entry.name <= libraries.back().name)) return std::nullopt;
    std::ranges::copy(digest, entry.digest.begin());
    libraries.push_back(std::move(entry));
  }
  if (!in.ok()) return std::nullopt;
  return libraries;
}

std::string encode(const DatabaseRow& row) {
  std::string out;
  append_varint(out, row.current.number);
  append_varint(out, row.keyspace_next);
  append_varint(out, row.others.size());
  for (KeyspaceId other : row.others) append_varint(out, other.number);
  const DatabaseProperties& properties = row.properties;
  append_sized(out, properties.secret);
  append_sized(out, properties.read_only_secret);
  append_varint(out, static_cast<std::uint64_t>(properties.created_at));
  append_varint(out, properties.limits.bytes_max);
  append_varint(out, properties.limits.request_bytes_max);
  append_varint(out, properties.limits.commands_per_second_max);
  append_varint(out, properties.limits.pending_entries_max);
  return out;
}

std::string encode(const KeyspaceRow& row) {
  std::string out;
  append_varint(out, row.keys);
  append_varint(out, row.generation_next);
  if (row.bytes) append_varint(out, *row.bytes);
  return out;
}

std::string encode_id(DatabaseId database) {
  std::string out;
  append_varint(out, database.number);
  return out;
}

void encode(const KeyRow& row, std::string& out) {
  auto first = static_cast<std::uint8_t>(row.type);
  if (row.spread) first |= spread_bit;
  if (row.expires_at != 0) first |= expires_bit;
  out.push_back(static_cast<char>(first));
  if (row.expires_at != 0) append_varint(out, static_cast<std::uint64_t>(row.expires_at));
  if (row.spread) {
    append_varint(out, row.generation);
    append_varint(out, row.elements);
  }
  out.append(row.content);
}

std::optional<DatabaseRow> decode_database(std::string_view bytes) {
  ByteReader in(bytes);
  DatabaseRow row;
  row.current.number = read_number(in);
  row.keyspace_next = read_number(in);
  for (std::uint64_t left = in.varint(); in.ok() && left > 0; --left) row.others.push_back({read_number(in)});
  DatabaseProperties& properties = row.properties;
  properties.secret = in.sized();
  properties.read_only_secret = in.sized();
  properties.created_at = static_cast<std::int64_t>(in.varint_up_to(INT64_MAX));
  properties.limits.bytes_max = in.varint();
  properties.limits.request_bytes_max = in.varint();
  properties.limits.commands_per_second_max = in.varint();
  properties.limits.pending_entries_max = in.varint();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return row;
}

std::optional<KeyspaceRow> decode_keyspace(std::string_view bytes) {
  ByteReader in(bytes);
  KeyspaceRow row;
  row.keys = in.varint();
  row.generation_next = in.varint();
  if (in.ok() && !in.at_end()) row.bytes = in.varint();
  if (!in.ok() || !in.at_end() || row.generation_next == 0) return std::nullopt;
  return row;
}

std::optional<DatabaseId> decode_id(std::string_view bytes) {
  ByteReader in(bytes);
  DatabaseId id{read_number(in)};
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return id;
}

std::optional<KeyRow> decode_key(std::string_view bytes) {
  ByteReader in(bytes);
  std::uint8_t first = in.byte();
  std::uint8_t type = first & type_bits;
  bool known = type >= static_cast<std::uint8_t>(Type::string) && type <= static_cast<std::uint8_t>(Type::json) &&
               (first & ~(type_bits | spread_bit | expires_bit)) == 0;
  if (!known) return std::nullopt;
  KeyRow row{.type = static_cast<Type>(type), .spread = (first & spread_bit) != 0};
  if ((first & expires_bit) != 0) {
    row.expires_at = static_cast<std::int64_t>(in.varint_up_to(INT64_MAX));
    if (row.expires_at == 0) return std::nullopt;
  }
  if (row.spread) {
    row.generation = in.varint();
    row.elements = in.varint();
    if (row.generation == 0) return std::nullopt;
  }
  row.content = in.rest();
  if (!in.ok()) return std::nullopt;
  return row;
}

}  // namespace millrace::store
