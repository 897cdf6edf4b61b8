#pragma once

// What the commands of streams make of their arguments, and how they show entries. Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/embedded/stream_id.h"
#include "store/reply.h"

namespace millrace::store {

Error bad_stream_id();

Result<std::int64_t> to_count(std::string_view text);  // any integer

Result<StreamId> to_stream_id(std::string_view text);

// An end of a range: "-" and "+" are the least and the greatest id, an id behind "(" is left out, one without sequence
// stands for all of its millisecond.
Result<StreamId> to_range_start(std::string_view text);
Result<StreamId> to_range_end(std::string_view text);

// What happens to the pending entries that refer to an entry that goes.
enum class References : std::uint8_t {
  keep,         // KEEPREF
  remove,       // DELREF
  acknowledged  // ACKED: an entry goes only when no group has it pending or still to come
};
std::optional<References> to_references(std::string_view text);

// MAXLEN or MINID, where they stand, and what belongs to them.
struct Trimming {
  std::optional<std::uint64_t> length_max{};
  std::optional<StreamId> id_least{};
  bool approximate = false;
  std::optional<std::uint64_t> limit{};  // 0: none
  References references = References::keep;

  bool given() const { return length_max || id_least; }
};

struct AddOptions {
  Trimming trimming{};
  bool create = true;
  std::optional<StreamId> id{};  // absent: "*"
  bool sequence_given = true;    // not in "1526919030474-*"
  std::size_t id_at = 0;         // which argument
};

// Of XADD, whose arguments go on behind the id, and of XTRIM; `arguments` begin with the key.
Result<AddOptions> parse_add(std::span<const std::string> arguments);
Result<Trimming> parse_trim(std::span<const std::string> arguments);

// How many of the first entries an approximate trimming takes away, where an exact one takes `excess`. Redis keeps
// entries in nodes of `node_size` and gives up whole nodes: so does the first, as far as it can be told from how many
// entries there ever were. The other does nothing while less than a node's worth is in excess, and is exact otherwise.
std::uint64_t trimmed_by_nodes(std::uint64_t excess, std::uint64_t length, std::uint64_t entries_added,
                               std::uint64_t node_size);
std::uint64_t trimmed_nearly_exactly(std::uint64_t excess, std::uint64_t node_size);

Reply id_reply(const StreamId& id);
Reply fields_reply(std::string_view fields);  // sized fields and values
Reply entry_reply(const StreamId& id, std::string_view fields);

}  // namespace millrace::store
