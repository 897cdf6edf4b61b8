#include "store/commands/streams_arguments.h"

#include "base/bytes.h"
#include "store/commands/errors.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

// Reads the options that XADD and XTRIM share; each tells whether the word at `at` was its own.
class TrimmingParser {
 public:
  TrimmingParser(std::span<const std::string> arguments, Trimming& trimming)
      : arguments_(arguments), trimming_(trimming) {}

  Result<bool> take(std::size_t& at) {
    const std::string& word = arguments_[at];
    bool more = at + 1 < arguments_.size();
    if (more && (equals_ignoring_case(word, "MAXLEN") || equals_ignoring_case(word, "MINID"))) {
      return take_strategy(at);
    }
    if (more && equals_ignoring_case(word, "LIMIT")) return take_limit(at);
    auto references = to_references(word);
    if (!references) return false;
    trimming_.references = *references;
    return true;
  }

  Result<void> check() const {
    if (trimming_.limit.value_or(0) != 0 && !trimming_.given()) {
      return invalid("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    }
    if (trimming_.limit && !trimming_.approximate) {
      return invalid("ERR syntax error, LIMIT cannot be used without the special ~ option");
    }
    return {};
  }

 private:
  Result<bool> take_strategy(std::size_t& at) {
    bool by_length = equals_ignoring_case(arguments_[at], "MAXLEN");
    if (trimming_.given()) {
      return invalid("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    }
    const std::string& next = arguments_[++at];
    if (at + 1 < arguments_.size() && (next == "~" || next == "=")) {
      trimming_.approximate = next == "~";
      ++at;
    }
    if (!by_length) {
      auto id = to_stream_id(arguments_[at]);
      if (!id) return id.error();
      trimming_.id_least = *id;
      return true;
    }
    auto length = to_count(arguments_[at]);
    if (!length) return length.error();
    if (*length < 0) return invalid("ERR The MAXLEN argument must be >= 0.");
    trimming_.length_max = static_cast<std::uint64_t>(*length);
    return true;
  }

  Result<bool> take_limit(std::size_t& at) {
    auto limit = to_count(arguments_[++at]);
    if (!limit) return limit.error();
    if (*limit < 0) return invalid("ERR The LIMIT argument must be >= 0.");
    trimming_.limit = static_cast<std::uint64_t>(*limit);
    return true;
  }

  std::span<const std::string> arguments_;
  Trimming& trimming_;
};

Result<void> parse_new_id(std::string_view text, AddOptions& options) {
  if (text == "*") return {};
  if (text.ends_with("-*")) {
    options.sequence_given = false;
    text.remove_suffix(2);
    if (text.find('-') != text.npos) return bad_stream_id();
  }
  auto id = to_stream_id(text);
  if (!id) return id.error();
  options.id = *id;
  return {};
}

Result<StreamId> parse_exclusive(std::string_view text, std::uint64_t sequence_missing) {
  auto id = parse_stream_id(text.substr(1), sequence_missing);
  if (!id) return bad_stream_id();
  return *id;
}

bool is_exclusive(std::string_view text) {
  return text.size() > 1 && text.front() == '(';
}

Result<StreamId> parse_inclusive(std::string_view text, std::uint64_t sequence_missing) {
  if (text == "-") return stream_id_least;
  if (text == "+") return stream_id_most;
  auto id = parse_stream_id(text, sequence_missing);
  if (!id) return bad_stream_id();
  return *id;
}

}  // namespace

Error bad_stream_id() {
  return invalid("ERR Invalid stream ID specified as stream command argument");
}

Result<std::int64_t> to_count(std::string_view text) {
  auto number = to_integer(text);
  if (!number) return not_an_integer();
  return *number;
}

Result<StreamId> to_stream_id(std::string_view text) {
  auto id = parse_stream_id(text);
  if (!id) return bad_stream_id();
  return *id;
}

Result<StreamId> to_range_start(std::string_view text) {
  if (!is_exclusive(text)) return parse_inclusive(text, 0);
  auto excluded = parse_exclusive(text, 0);
  if (!excluded) return excluded.error();
  auto start = next(*excluded);
  if (!start) return invalid("ERR invalid start ID for the interval");
  return *start;
}

Result<StreamId> to_range_end(std::string_view text) {
  if (!is_exclusive(text)) return parse_inclusive(text, UINT64_MAX);
  auto excluded = parse_exclusive(text, UINT64_MAX);
  if (!excluded) return excluded.error();
  auto end = previous(*excluded);
  if (!end) return invalid("ERR invalid end ID for the interval");
  return *end;
}

std::optional<References> to_references(std::string_view text) {
  if (equals_ignoring_case(text, "KEEPREF")) return References::keep;
  if (equals_ignoring_case(text, "DELREF")) return References::remove;
  if (equals_ignoring_case(text, "ACKED")) return References::acknowledged;
  return std::nullopt;
}

Result<AddOptions> parse_add(std::span<const std::string> arguments) {
  AddOptions options;
  TrimmingParser trimming(arguments, options.trimming);
  std::size_t at = 1;
  for (; at < arguments.size() && arguments[at] != "*"; ++at) {
    auto taken = trimming.take(at);
    if (!taken) return taken.error();
    if (*taken) continue;
    if (!equals_ignoring_case(arguments[at], "NOMKSTREAM")) break;
    options.create = false;
  }
  options.id_at = at;
  if (at < arguments.size()) {
    if (auto done = parse_new_id(arguments[at], options); !done) return done.error();
  }
  if (auto done = trimming.check(); !done) return done.error();
  return options;
}

Result<Trimming> parse_trim(std::span<const std::string> arguments) {
  Trimming options;
  TrimmingParser trimming(arguments, options);
  for (std::size_t at = 1; at < arguments.size(); ++at) {
    auto taken = trimming.take(at);
    if (!taken) return taken.error();
    if (!*taken) return syntax_error();
  }
  if (!options.given() && options.limit.value_or(0) == 0) {
    return invalid("ERR syntax error, XTRIM must be called with a trimming strategy");
  }
  if (auto done = trimming.check(); !done) return done.error();
  return options;
}

std::uint64_t trimmed_by_nodes(std::uint64_t excess, std::uint64_t length, std::uint64_t entries_added,
                               std::uint64_t node_size) {
  if (excess >= length) return length;
  std::uint64_t in_first_node = node_size - (entries_added - length) % node_size;
  if (excess < in_first_node) return 0;
  return excess - (excess - in_first_node) % node_size;
}

std::uint64_t trimmed_nearly_exactly(std::uint64_t excess, std::uint64_t node_size) {
  return excess < node_size ? 0 : excess;
}

Reply id_reply(const StreamId& id) {
  return Reply::bulk(to_text(id));
}

Reply fields_reply(std::string_view fields) {
  std::vector<Reply> parts;
  for (ByteReader in(fields); !in.at_end() && in.ok();) parts.push_back(Reply::bulk(in.sized()));
  return Reply::array(std::move(parts));
}

Reply entry_reply(const StreamId& id, std::string_view fields) {
  std::vector<Reply> parts;
  parts.reserve(2);
  parts.push_back(id_reply(id));
  parts.push_back(fields_reply(fields));
  return Reply::array(std::move(parts));
}

}  // namespace millrace::store
