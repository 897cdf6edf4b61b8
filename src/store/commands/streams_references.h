#pragma once

// What the groups of a stream know of its entries: for commands that delete entries and mind who still needs them.

#include <vector>

#include "store/commands/streams_arguments.h"
#include "store/embedded/stream_group.h"

namespace millrace::store {

struct Call;

class StreamReferences {
 public:
  // The stream outlives it.
  static Result<StreamReferences> open(Stream& stream);

  StreamGroup* find(std::string_view group);  // null when there is none

  // Whether a group has it pending, or has not come to it yet.
  Result<bool> has(const StreamId& id);

  // No entry behind it may go while a group has not come to it; nothing when there is no group.
  std::optional<StreamId> delivered_to_all() const;

  Result<void> remove(const StreamId& id);  // what is pending
  void save();

 private:
  std::vector<StreamGroup> groups_{};
};

// Trims as `trimming` says; how many entries went. The stream is saved by the caller.
Result<std::uint64_t> trim(const Call& call, Stream& stream, const Trimming& trimming);

}  // namespace millrace::store
