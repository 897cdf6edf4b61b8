#pragma once

// The rows of the command table, by the file that has them.

#include "store/commands/command_table.h"

namespace millrace::store {

std::span<const CommandSpec> bitmap_commands();           // bitmaps.cc
std::span<const CommandSpec> bitfield_commands();         // bitfields.cc
std::span<const CommandSpec> collection_scan_commands();  // collection_scans.cc
std::span<const CommandSpec> config_commands();           // config.cc
std::span<const CommandSpec> connection_commands();       // connection.cc
std::span<const CommandSpec> door_commands();             // door.cc: what the state of a connection is about
std::span<const CommandSpec> expiry_commands();           // expiry.cc
std::span<const CommandSpec> function_commands();         // functions.cc
std::span<const CommandSpec> geo_commands();              // geo.cc
std::span<const CommandSpec> geo_search_commands();       // geo_search.cc
std::span<const CommandSpec> hash_commands();             // hashes.cc
std::span<const CommandSpec> hash_expiry_commands();      // hash_expiry.cc
std::span<const CommandSpec> hyperloglog_commands();      // hyperloglog.cc
std::span<const CommandSpec> introspection_commands();    // introspection.cc: COMMAND, INFO, ACL, MEMORY, OBJECT, …
std::span<const CommandSpec> json_commands();             // json.cc
std::span<const CommandSpec> json_array_commands();       // json_arrays.cc
std::span<const CommandSpec> json_part_commands();        // json_parts.cc
std::span<const CommandSpec> key_commands();              // keys.cc
std::span<const CommandSpec> key_move_commands();         // key_moves.cc
std::span<const CommandSpec> list_commands();             // lists.cc
std::span<const CommandSpec> list_blocking_commands();    // list_blocking.cc
std::span<const CommandSpec> pubsub_commands();           // pubsub.cc
std::span<const CommandSpec> scan_commands();             // scans.cc
std::span<const CommandSpec> scripting_commands();        // scripting.cc
std::span<const CommandSpec> serialization_commands();    // serialization.cc: DUMP, RESTORE
std::span<const CommandSpec> server_commands();           // server.cc
std::span<const CommandSpec> set_commands();              // sets.cc
std::span<const CommandSpec> sort_commands();             // sort.cc
std::span<const CommandSpec> sorted_set_commands();       // sorted_sets.cc
std::span<const CommandSpec> administration_commands();   // administration.cc
std::span<const CommandSpec> acl_commands();              // acl.cc
std::span<const CommandSpec> info_commands();             // info.cc
std::span<const CommandSpec> monitoring_commands();       // monitoring.cc
std::span<const CommandSpec> object_commands();           // objects.cc
std::span<const CommandSpec> sorted_set_combining_commands();  // sorted_set_combining.cc
std::span<const CommandSpec> sorted_set_pop_commands();        // sorted_set_pops.cc
std::span<const CommandSpec> sorted_set_range_commands();      // sorted_set_ranges.cc
std::span<const CommandSpec> stream_commands();                // streams.cc
std::span<const CommandSpec> stream_claim_commands();          // stream_groups_claims.cc
std::span<const CommandSpec> stream_deletion_commands();       // streams_deletion.cc
std::span<const CommandSpec> stream_group_commands();          // stream_groups.cc
std::span<const CommandSpec> stream_info_commands();           // stream_groups_info.cc
std::span<const CommandSpec> stream_reading_commands();        // streams_reading.cc
std::span<const CommandSpec> string_commands();                // strings.cc
std::span<const CommandSpec> string_comparing_commands();      // string_comparing.cc
std::span<const CommandSpec> string_number_commands();         // string_numbers.cc
std::span<const CommandSpec> string_range_commands();          // string_ranges.cc
std::span<const CommandSpec> transaction_commands();           // transactions.cc

}  // namespace millrace::store
