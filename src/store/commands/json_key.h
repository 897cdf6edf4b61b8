#pragma once

// What the JSON commands share: a document at a key, and how they answer for the places that a path leads to.
//
// A document is one row: its text without spaces, which is parsed by each command that needs the tree.
//
// Replies follow RedisJSON 2 over version 2 of the protocol: to a JSONPath a list with something for each match, to a
// legacy path what the first match gives (or the last, of commands that change all of them).

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/commands/command_table.h"
#include "store/json/path.h"
#include "store/json/value.h"

namespace millrace::store {

// What a document, and a reply, may take at most: as much as a string.
inline constexpr std::size_t json_bytes_max = std::size_t{512} << 20;

class JsonKey {
 public:
  // Of no document, too. `key` outlives it.
  static Result<JsonKey> open(Call& call, std::string_view key);

  bool exists() const { return before_.has_value() || root_; }

  // The text as stored, until the next call on the keyspace. Of a document that exists and was not changed.
  std::string_view text() const { return before_->content; }

  // The tree, parsed when first asked for. Of a document that exists.
  Result<json::Value*> root();

  void replace(json::Value root) { root_ = std::make_unique<json::Value>(std::move(root)); }

  // Writes the tree, whose time of expiry stays, and tells of `event`.
  Result<void> save(std::string_view event);
  Result<void> erase(std::string_view event);

 private:
  JsonKey(Call& call, std::string_view key) : call_(call), key_(key) {}

  Call& call_;
  std::string_view key_;
  std::optional<KeyRow> before_{};
  std::unique_ptr<json::Value> root_{};  // stays where it is when this moves
};

// The command's own answers.
Error json_error(const Error& error);  // what the JSON library says
Error missing_document();
Error created_elsewhere();                                                  // below a root that is not there
Error missing_path(const json::Path& path, std::string_view or_else = {});  // "not an array"
Error wrong_json_type(std::string_view wanted, const json::Value& found);
Error json_too_large();

Result<json::Value> parse_json(std::string_view text);
Result<json::Path> parse_path(std::string_view text);
Result<json::Path> path_or_root(const Call& call, std::size_t argument);  // a legacy root where it is not given
Result<std::vector<json::Match>> find_all(const json::Path& path, json::Value& document);

// What a path leads to in the document of the first argument. No matches where there is no document.
struct JsonParts {
  json::Path path;
  JsonKey document;
  std::vector<json::Match> matches{};
};
Result<JsonParts> find_parts(Call& call, Result<json::Path> path);

// Asks `part` of each match for the list; nothing from it stands as nil there. Of a legacy path `part` is asked of the
// first match alone; `otherwise` answers where there is none (null), and where `part` gives nothing for it.
using JsonPart = std::function<std::optional<Reply>(const json::Value& value)>;
using JsonOtherwise = std::function<Result<Reply>(const json::Value* first)>;
Result<Reply> reply_parts(const JsonParts& found, const JsonPart& part, const JsonOtherwise& otherwise);

// Fails where copies of all matches would be too large a reply: they may lie in each other.
Result<void> check_copies(const std::vector<json::Match>& matches);

// Changes each match with `change`, which answers nothing for a value of another type, then saves and tells of `event`.
// To a JSONPath a list; to a legacy path the answer of the last one that was changed, and if there is none the error
// that the path does not exist `or_else`.
using JsonChange = std::function<Result<std::optional<Reply>>(json::Value& value)>;
Result<Reply> change_each(Call& call, const json::Path& path, std::string_view event, std::string_view or_else,
                          const JsonChange& change);

}  // namespace millrace::store
