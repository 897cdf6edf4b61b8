#pragma once

// The rows of the store: their keys and values; the layout in prose is docs/formats/store.md. Pure. Each decoder is
// total: any bytes give a value, or nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/unit.h"
#include "store/embedded/database_properties.h"
#include "store/embedded/keyspace_id.h"
#include "store/store.h"

namespace millrace::store {

// The numbers stand in rows and keep their meaning for ever.
enum class Type : std::uint8_t { string = 1, set = 2, hash = 3, list = 4, sorted_set = 5, stream = 6, json = 7 };

std::string_view name_of(Type type);  // as TYPE answers it

// Tells the elements of one large collection from those of others, and of its namesakes before it.
using Generation = std::uint64_t;

struct DatabaseRow {
  KeyspaceId current{};
  std::uint32_t keyspace_next = 1;   // numbers are never used again
  std::vector<KeyspaceId> others{};  // being filled beside the current one
  DatabaseProperties properties{};
};

struct KeyspaceRow {
  std::uint64_t keys = 0;
  Generation generation_next = 1;
  std::optional<std::uint64_t> bytes{};  // of all rows of keys and elements; absent: nobody counts
};

// What stands at a key. `content` is a view into the row.
struct KeyRow {
  Type type = Type::string;
  bool spread = false;          // a collection whose elements have rows of their own
  std::int64_t expires_at = 0;  // milliseconds since 1970; 0: never
  std::string_view content{};   // the value; the packed elements; what the type keeps beside its spread elements
  Generation generation = 0;    // of a spread collection
  std::uint64_t elements = 0;   // of a spread collection
};

std::string databases_counter_key();
KeyRange name_rows();
std::string name_key(std::string_view database_name);
std::string_view name_of_key(std::string_view name_key);
std::string database_key(DatabaseId database);
std::string keyspace_key(DatabaseId database, KeyspaceId keyspace);

// Keys and elements of one keyspace: their rows' keys begin with these bytes.
std::string keys_prefix(DatabaseId database, KeyspaceId keyspace);
std::string elements_prefix(DatabaseId database, KeyspaceId keyspace, Generation generation);
KeyRange all_elements(DatabaseId database, KeyspaceId keyspace);

// Rows that say when a key, or a field of a hash, expires: in the order of time over all databases. One whose key or
// field has another time by now, or is gone, means nothing.
struct Expiry {
  std::int64_t at = 0;  // milliseconds since 1970
  DatabaseId database{};
  KeyspaceId keyspace{};
  std::string key{};
  std::optional<std::string> field{};
};
KeyRange expiry_rows_until(std::int64_t time);  // that time included
std::string expiry_key(std::int64_t at, DatabaseId database, KeyspaceId keyspace, std::string_view key);
std::string expiry_key(std::int64_t at, DatabaseId database, KeyspaceId keyspace, std::string_view key,
                       std::string_view field);
std::optional<Expiry> decode_expiry_key(std::string_view key);

// Rows that remember what is unlinked but not yet reclaimed: one collection, or a whole keyspace.
struct Unlinked {
  DatabaseId database{};
  KeyspaceId keyspace{};
  std::optional<Generation> generation{};  // absent: the whole keyspace
};
KeyRange unlinked_rows();
std::string unlinked_key(const Unlinked& unlinked);
std::optional<Unlinked> decode_unlinked_key(std::string_view key);

// Everything that belongs to it, and last the row that remembers it.
std::vector<KeyRange> remains(const Unlinked& unlinked);

// A library of functions, as the row that lists all of a database has it: sorted by name, none there twice.
struct LibraryEntry {
  std::string name{};
  Sha1 digest{};  // of its code

  bool operator==(const LibraryEntry&) const = default;
};
std::string libraries_key(DatabaseId database);
std::string library_key(DatabaseId database, std::string_view name);

std::string encode(const std::vector<LibraryEntry>& libraries);
std::optional<std::vector<LibraryEntry>> decode_libraries(std::string_view bytes);

std::string encode(const DatabaseRow& row);
std::string encode(const KeyspaceRow& row);
std::string encode_id(DatabaseId database);
void encode(const KeyRow& row, std::string& out);

std::optional<DatabaseRow> decode_database(std::string_view bytes);
std::optional<KeyspaceRow> decode_keyspace(std::string_view bytes);
std::optional<DatabaseId> decode_id(std::string_view bytes);
std::optional<KeyRow> decode_key(std::string_view bytes);  // packed elements are checked by packed.h

}  // namespace millrace::store
