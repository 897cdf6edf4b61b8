#pragma once

// The database of delivery: transactions of commands, whose replies are read by the place the command took.
//
// Confined to the reactor.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "store/store.h"

namespace millrace::delivery {

class Transaction {
 public:
  // Adds a command and says where its reply will be.
  template <class... Words>
  std::size_t add(Words&&... words) {
    commands_.push_back(store::make_command(std::forward<Words>(words)...));
    return commands_.size() - 1;
  }
  std::size_t add(store::Command command) {
    commands_.push_back(std::move(command));
    return commands_.size() - 1;
  }

  bool empty() const { return commands_.empty(); }
  std::size_t size() const { return commands_.size(); }
  const std::vector<store::Command>& commands() const { return commands_; }
  std::vector<store::Command> take() { return std::move(commands_); }

 private:
  std::vector<store::Command> commands_{};
};

using Replies = std::vector<store::Reply>;

class Database {
 public:
  Database(store::Store& store, store::DatabaseId id) : store_(store), id_(id) {}

  // `corrupt` when a command answers an error: delivery alone writes here, so a key of another type is damage.
  Async<Result<Replies>> run(Transaction transaction);

 private:
  store::Store& store_;
  store::DatabaseId id_;
};

// The text of a bulk reply, or nothing.
std::optional<std::string_view> text_of(const store::Reply& reply);

// A score as commands take it and as replies show it: milliseconds since 1970.
std::string score(std::int64_t milliseconds);
std::int64_t score_of(const store::Reply& reply);

}  // namespace millrace::delivery
