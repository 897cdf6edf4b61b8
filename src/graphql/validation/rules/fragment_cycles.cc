// Fragment Spreads Must Not Form Cycles. A depth-first search without recursion, since fragments may lead to each other
// as deep as a document is long; every fragment is entered once.

#include <string>
#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

class CycleSearch {
 public:
  explicit CycleSearch(Walk& walk)
      : walk_(walk), visited_(walk.fragment_count()), depth_of_(walk.fragment_count(), outside) {}

  void search_from(const Part& part) {
    enter(part);
    while (!path_.empty() && found_ < walk_.report().enough()) {
      auto& frame = path_.back();
      if (frame.next == frame.part->spreads.size())
        leave();
      else
        follow(frame.part->spreads[frame.next++], part.place);
    }
    path_.clear();
  }

 private:
  static constexpr std::uint32_t outside = ~0u;

  struct Frame {
    const Part* part = nullptr;
    std::uint32_t next = 0;  // of the part's spreads; the one before led to the frame above
  };

  void enter(const Part& part) {
    if (visited_[part.fragment]) return;
    visited_[part.fragment] = true;
    if (part.spreads.empty()) return;
    depth_of_[part.fragment] = static_cast<std::uint32_t>(path_.size());
    path_.push_back({&part, 0});
  }

  void leave() {
    depth_of_[path_.back().part->fragment] = outside;
    path_.pop_back();
  }

  void follow(const Spread& spread, Report::Place place) {
    if (spread.fragment == NameTable::none) return;
    if (depth_of_[spread.fragment] == outside) return enter(walk_.fragment(spread.fragment));
    ++found_;
    std::vector<std::uint32_t> offsets;
    std::string via;
    for (auto i = depth_of_[spread.fragment]; i < path_.size(); ++i) {
      auto& node = *path_[i].part->spreads[path_[i].next - 1].node;
      offsets.push_back(node.offset);
      if (i + 1 == path_.size()) break;
      if (offsets.size() <= names_max) via += (via.empty() ? " by way of \"" : "\", \"") + std::string(node.name.text);
    }
    if (!via.empty()) via += offsets.size() > names_max + 1 ? "\" and others" : "\"";
    walk_.report().add_at(place, {"Fragment \"", spread.node->name.text, "\" spreads itself", via, "."}, offsets);
  }

  static constexpr std::size_t names_max = 10;  // enough to find the way

  Walk& walk_;
  std::size_t found_ = 0;
  std::vector<bool> visited_;            // by fragment
  std::vector<std::uint32_t> depth_of_;  // by fragment, `outside` when not on the path
  std::vector<Frame> path_{};
};

void leave_document(Walk& walk, ast::Document&) {
  if (walk.fragment_count() == 0) return;
  CycleSearch search(walk);
  for (auto& part : walk.parts())
    if (part.operation() == nullptr) search.search_from(part);
}

}  // namespace

extern const Rule fragment_cycles{
    .name = "Fragment Spreads Must Not Form Cycles",
    .reference_name = "NoFragmentCycles",
    .leave_document = leave_document,
};

}  // namespace millrace::graphql
