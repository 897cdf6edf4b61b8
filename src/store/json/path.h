#pragma once

// Paths into JSON documents. Two ways to write them, told apart by their beginning:
//
//   $  $.a.b  $['a','b']  $[0,-1]  $[1:5:2]  $.*  $..a  $[?(@.price < 10 && @.x =~ "^y")]      JSONPath
//   .  .a.b   a["b"][0]   ..a                                                                legacy, of RedisJSON 1
//
// A filter compares with == != < <= > >= and =~ (a regular expression found anywhere in a string), takes paths from
// the tested value (@) and from the document ($), numbers, strings, true, false, null, joins with && || ! and
// parentheses; a path alone asks whether it leads anywhere. Values of different types are neither less nor equal.
//
// Where a path descends (..), matches inside a value come before those of the value itself.
//
// A Path is immutable, so any thread may use it.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/json/value.h"

namespace millrace::store::json {

struct Segment;

class Path {
 public:
  // `invalid` where the text is no path; the message is worded for the client, without "ERR".
  static Result<Path> parse(std::string_view text);
  static Path root(bool legacy);

  const std::string& text() const { return text_; }            // as given
  const std::string& json_path() const { return json_path_; }  // the same from $ on
  bool is_legacy() const { return legacy_; }
  bool is_root() const { return segments_->empty(); }

  // Names and indexes alone, so that it leads to one place at most.
  bool is_static() const;
  // The name behind a static path's parent; null where it ends with an index or is the root.
  const std::string* last_name() const;
  Path parent() const;  // of a static path that is not the root

  const std::vector<Segment>& segments() const { return *segments_; }

 private:
  std::string text_{};
  std::string json_path_{};
  bool legacy_ = false;
  std::shared_ptr<const std::vector<Segment>> segments_{};
};

struct Match {
  Value* value = nullptr;
  int depth = 0;  // 0 for the root
};

// All places that `path` leads to, in their order; a place can be listed twice, as in $[0,0]. `over_limit` beyond
// `matches_max` places or as much work: descending several times multiplies both.
inline constexpr std::size_t matches_max = 1'000'000;
Result<std::vector<Match>> find(const Path& path, Value& document);

// Positions in `matches`, the innermost first: changing values in this order does not move those that follow.
std::vector<std::size_t> innermost_first(const std::vector<Match>& matches);

// The matches that no other one is around, each once. Replacing them is safe in any order.
std::vector<Value*> outermost(Value& document, const std::vector<Match>& matches);

// Takes the matches out of `document`, but for the root. Returns how many those are that no other one is around.
std::size_t remove(Value& document, const std::vector<Match>& matches);

}  // namespace millrace::store::json
