// Commands that delete entries and mind the groups that refer to them. Redis has them from 8.2 on.

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/streams_references.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

// What became of an entry.
constexpr std::int64_t not_there = -1;
constexpr std::int64_t gone = 1;
constexpr std::int64_t still_needed = 2;

struct Deletion {
  References references = References::keep;
  std::vector<StreamId> ids{};
};

Result<Deletion> parse_deletion(std::span<const std::string> options) {
  Deletion deletion;
  std::size_t at = 0;
  for (; at < options.size(); ++at) {
    if (equals_ignoring_case(options[at], "IDS") && at + 1 < options.size()) {
      auto count = to_integer(options[at + 1]);
      if (!count || *count < 1) return invalid("ERR Number of IDs must be a positive integer");
      std::size_t left = options.size() - at - 2;
      if (static_cast<std::uint64_t>(*count) > left) {
        return invalid("ERR The `numids` parameter must match the number of arguments");
      }
      for (const std::string& text : options.subspan(at + 2, static_cast<std::size_t>(*count))) {
        auto id = to_stream_id(text);
        if (!id) return id.error();
        deletion.ids.push_back(*id);
      }
      at += 1 + static_cast<std::size_t>(*count);
      continue;
    }
    auto references = to_references(options[at]);
    if (!references) return syntax_error();
    deletion.references = *references;
  }
  if (deletion.ids.empty()) return syntax_error();
  return deletion;
}

Reply none_of(const Deletion& deletion) {
  return Reply::array(std::vector<Reply>(deletion.ids.size(), Reply::of(not_there)));
}

// What a deletion goes through: the stream, and its groups where these matter. It stays where it is: the groups know
// their stream.
struct Place {
  Stream stream;
  StreamReferences references{};
  bool deleted = false;
};

// Whether the entry may go, which it then does.
Result<bool> let_go(Place& place, const StreamId& id, References references) {
  if (references == References::acknowledged) {
    auto needed = place.references.has(id);
    if (!needed) return needed.error();
    if (*needed) return false;
  }
  if (references == References::remove) {
    if (auto done = place.references.remove(id); !done) return done.error();
  }
  auto there = place.stream.has(id);
  if (!there) return there.error();
  if (*there) {
    place.stream.erase(id, Stream::Removal::deleted);
    place.deleted = true;
  }
  return true;
}

Result<void> open_groups(Place& place) {
  auto references = StreamReferences::open(place.stream);
  if (!references) return references.error();
  place.references = std::move(*references);
  return {};
}

Result<Reply> finish(Call& call, Place& place, std::vector<Reply> replies) {
  place.references.save();
  if (place.deleted) call.notify('t', "xdel", call.arguments[0]);
  if (auto done = place.stream.save(); !done) return done.error();
  return Reply::array(std::move(replies));
}

Result<Reply> xdelex(Call& call) {
  auto deletion = parse_deletion(call.arguments.subspan(1));
  if (!deletion) return deletion.error();
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  if (!stream->exists()) return none_of(*deletion);
  Place place{.stream = std::move(*stream)};
  if (deletion->references != References::keep) {
    if (auto done = open_groups(place); !done) return done.error();
  }
  std::vector<Reply> replies;
  for (const StreamId& id : deletion->ids) {
    auto there = place.stream.has(id);
    if (!there) return there.error();
    bool nothing_to_do = !*there && deletion->references != References::remove;
    auto went = nothing_to_do ? Result<bool>(false) : let_go(place, id, deletion->references);
    if (!went) return went.error();
    replies.push_back(Reply::of(!*there ? not_there : *went ? gone : still_needed));
  }
  return finish(call, place, std::move(replies));
}

Result<Reply> xackdel(Call& call) {
  auto deletion = parse_deletion(call.arguments.subspan(2));
  if (!deletion) return deletion.error();
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  Place place{.stream = std::move(*stream)};
  if (auto done = open_groups(place); !done) return done.error();
  StreamGroup* group = place.references.find(call.arguments[1]);
  if (group == nullptr) return none_of(*deletion);
  std::vector<Reply> replies;
  for (const StreamId& id : deletion->ids) {
    auto pending = group->pending(id);
    if (!pending) return pending.error();
    if (!*pending) {
      replies.push_back(Reply::of(not_there));
      continue;
    }
    if (auto done = group->erase_pending(id, **pending); !done) return done.error();
    auto went = let_go(place, id, deletion->references);
    if (!went) return went.error();
    replies.push_back(Reply::of(*went ? gone : still_needed));
  }
  return finish(call, place, std::move(replies));
}

constexpr CommandSpec table[] = {
    {
        .name = "xackdel",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::stream,
        .run = xackdel,
        .since = "8.2.0",
        .complexity = "O(1) for each entry",
        .summary = "Acknowledges entries for a group and deletes them.",
    },
    {
        .name = "xdelex",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::stream,
        .run = xdelex,
        .since = "8.2.0",
        .complexity = "O(1) for each entry",
        .summary = "Deletes entries, and says what becomes of the groups that refer to them.",
    },
};

}  // namespace

std::span<const CommandSpec> stream_deletion_commands() {
  return table;
}

}  // namespace millrace::store
