#include "front/redis/outbox.h"

#include "front/redis/reply_writer.h"

namespace millrace::front {
namespace {

constexpr std::size_t memory_kept = 16 * 1024;

}  // namespace

std::string& Outbox::begin(Flight flight) {
  open_ = none;
  if (muted_) {
    dropped_.clear();
    return dropped_;
  }
  if (flight == none && !holding()) return peer_.out();
  open_ = flight;
  open_begin_ = held_.size();
  return held_;
}

void Outbox::end() {
  if (open_ != none) entries_.push_back({open_, open_begin_, held_.size()});
  if (dropped_.capacity() > memory_kept) dropped_ = {};
}

void Outbox::land(Flight flight, bool well, std::string_view error) {
  for (std::size_t at = first_; at < entries_.size(); ++at) {
    if (entries_[at].flight != flight) continue;
    entries_[at].flight = none;
    if (!well) replace(at, error);
  }
  release();
}

void Outbox::replace(std::size_t entry, std::string_view error) {
  std::string text;
  append_error(text, error);
  const auto before = entries_[entry].end - entries_[entry].begin;
  held_.replace(entries_[entry].begin, before, text);
  entries_[entry].end = entries_[entry].begin + text.size();
  for (std::size_t at = entry + 1; at < entries_.size(); ++at) {
    entries_[at].begin += text.size() - before;
    entries_[at].end += text.size() - before;
  }
}

void Outbox::release() {
  while (holding() && entries_[first_].flight == none) ++first_;
  const auto end = holding() ? entries_[first_].begin : held_.size();
  if (end > sent_) peer_.out().append(held_, sent_, end - sent_);
  sent_ = end;
  if (holding()) return;
  entries_.clear();
  first_ = 0;
  held_.clear();
  sent_ = 0;
  if (held_.capacity() > memory_kept) held_ = {};
}

}  // namespace millrace::front
