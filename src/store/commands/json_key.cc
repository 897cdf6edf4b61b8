#include "store/commands/json_key.h"

#include <algorithm>
#include <fmt/format.h>

#include "store/json/text.h"

namespace millrace::store {

Result<JsonKey> JsonKey::open(Call& call, std::string_view key) {
  JsonKey document(call, key);
  auto found = call.keys.find(key);
  if (!found) return found.error();
  if (*found && (*found)->type != Type::json) {
    return Error{ErrorCode::invalid, "WRONGTYPE Existing key has wrong Redis type"};
  }
  document.before_ = *found;
  return document;
}

Result<json::Value*> JsonKey::root() {
  if (!root_) {
    auto parsed = json::parse(text());
    if (!parsed) return Error{ErrorCode::corrupt, fmt::format("the document of key '{}' is not valid JSON", key_)};
    replace(std::move(*parsed));
  }
  return root_.get();
}

Result<void> JsonKey::save(std::string_view event) {
  if (json::depth(*root_) > json::depth_max) return Error{ErrorCode::invalid, "ERR recursion limit exceeded"};
  std::string text = json::print(*root_);
  if (text.size() > json_bytes_max) return json_too_large();
  std::int64_t expires_at = before_ ? before_->expires_at : 0;
  auto done = call_.keys.put(key_, before_, {.type = Type::json, .expires_at = expires_at, .content = text});
  if (done) call_.notify('d', event, key_);
  return done;
}

Result<void> JsonKey::erase(std::string_view event) {
  auto done = call_.keys.erase(key_, *before_);
  if (done) call_.notify('d', event, key_);
  return done;
}

Error json_error(const Error& error) {
  return {ErrorCode::invalid, fmt::format("ERR {}", error.message)};
}

Error missing_document() {
  return {ErrorCode::invalid, "ERR could not perform this operation on a key that doesn't exist"};
}

Error created_elsewhere() {
  return {ErrorCode::invalid, "ERR new objects must be created at the root"};
}

Error missing_path(const json::Path& path, std::string_view or_else) {
  std::string_view joint = or_else.empty() ? "" : " or ";
  return {ErrorCode::invalid, fmt::format("ERR Path '{}' does not exist{}{}", path.json_path(), joint, or_else)};
}

Error wrong_json_type(std::string_view wanted, const json::Value& found) {
  return {ErrorCode::invalid, fmt::format("WRONGTYPE wrong type of path value - expected {} but found {}", wanted,
                                          json::to_string(found.type()))};
}

Error json_too_large() {
  return {ErrorCode::invalid, "ERR JSON exceeds maximum allowed size (proto-max-bulk-len)"};
}

Result<json::Value> parse_json(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return json_error(value.error());
  return value;
}

Result<json::Path> parse_path(std::string_view text) {
  auto path = json::Path::parse(text);
  if (!path) return json_error(path.error());
  return path;
}

Result<json::Path> path_or_root(const Call& call, std::size_t argument) {
  if (argument >= call.arguments.size()) return json::Path::root(true);
  return parse_path(call.arguments[argument]);
}

Result<std::vector<json::Match>> find_all(const json::Path& path, json::Value& document) {
  auto matches = json::find(path, document);
  if (!matches) return json_error(matches.error());
  return matches;
}

Result<JsonParts> find_parts(Call& call, Result<json::Path> path) {
  if (!path) return path.error();
  auto document = JsonKey::open(call, call.arguments[0]);
  if (!document) return document.error();
  JsonParts parts{std::move(*path), std::move(*document)};
  if (!parts.document.exists()) return parts;
  auto root = parts.document.root();
  if (!root) return root.error();
  auto matches = find_all(parts.path, **root);
  if (!matches) return matches.error();
  parts.matches = std::move(*matches);
  return parts;
}

Result<Reply> reply_parts(const JsonParts& found, const JsonPart& part, const JsonOtherwise& otherwise) {
  if (found.path.is_legacy()) {
    const json::Value* first = found.matches.empty() ? nullptr : found.matches[0].value;
    auto reply = first ? part(*first) : std::nullopt;
    return reply ? Result<Reply>(std::move(*reply)) : otherwise(first);
  }
  std::vector<Reply> replies;
  replies.reserve(found.matches.size());
  for (const json::Match& match : found.matches) replies.push_back(part(*match.value).value_or(Reply::nil()));
  return Reply::array(std::move(replies));
}

Result<void> check_copies(const std::vector<json::Match>& matches) {
  std::size_t bytes = 0;
  for (const json::Match& match : matches) {
    bytes += json::memory(*match.value);
    if (bytes > json_bytes_max) return json_too_large();
  }
  return {};
}

Result<Reply> change_each(Call& call, const json::Path& path, std::string_view event, std::string_view or_else,
                          const JsonChange& change) {
  auto found = find_parts(call, path);
  if (!found) return found.error();
  if (!found->document.exists()) return missing_document();

  std::vector<Reply> replies(found->matches.size());
  std::optional<std::size_t> last;
  for (std::size_t position : json::innermost_first(found->matches)) {
    auto reply = change(*found->matches[position].value);
    if (!reply) return reply.error();
    if (!*reply) continue;
    replies[position] = std::move(**reply);
    last = std::max(last.value_or(0), position);
  }
  if (last) {
    if (auto saved = found->document.save(event); !saved) return saved.error();
  }
  if (!path.is_legacy()) return Reply::array(std::move(replies));
  if (!last) return missing_path(path, or_else);
  return std::move(replies[*last]);
}

}  // namespace millrace::store
