#pragma once

// Finds the pairs of fields that cannot be merged (GraphQL specification, section 5.3.2), in the order and with the
// multiplicity of graphql-js: it compares the same pairs, but leaves out whatever cannot lead to a name that stands
// for different things (merge_check.h). Pairs of fragments are compared once. Confined to one thread.
//
// What is left is bounded: after comparisons_max, as in graphql-js, checking ends.

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {

class MergeSearch {
 public:
  explicit MergeSearch(Walk& walk) : walk_(walk) {}

  // Reports at the places of the sites.
  void run();

 private:
  static constexpr std::uint32_t comparisons_max = 500'000;  // what graphql-js allows: some 10 ms
  static constexpr std::uint32_t depth_max = 2000;           // of recursion through fragments: a megabyte of stack
  static constexpr std::size_t nodes_max = 20;               // of one side of a conflict: what graphql-js shows

  // A field as a member of a selection set of type `parent`, which is null when not known.
  struct Entry {
    ast::Field* node = nullptr;
    const NamedType* parent = nullptr;
    TypeRef type{};  // without name when not known
  };

  // The fields of a selection set by response name, inline fragments included, and the fragments that it spreads.
  struct Collection {
    struct Group {
      std::uint32_t name = 0;
      std::vector<Entry> entries{};
    };
    std::vector<Group> groups{};
    std::unordered_map<std::uint32_t, std::uint32_t> group_of{};  // by response name
    std::vector<std::uint32_t> fragments{};                       // by number, each once
    // Fragments that the fields were compared with, and whether only as far as exclusive parents allow.
    std::unordered_map<std::uint32_t, bool> compared{};

    const Group* find(std::uint32_t name) const {
      auto found = group_of.find(name);
      return found == group_of.end() ? nullptr : &groups[found->second];
    }
  };

  enum class Reason : std::uint8_t { different_fields, different_arguments, different_types };

  struct Conflict {
    Reason reason{};
    Entry deepest_one{}, deepest_other{};  // the first pair that cannot be merged for a reason of its own
    std::vector<ast::Field*> one{}, other{};
  };

  // What was found between two selection sets; more than nodes_max of them add nothing to an error.
  struct Conflicts {
    std::vector<Conflict> first{};
    std::size_t kept_max = nodes_max;

    bool full() const { return first.size() >= kept_max; }
    void add(Conflict conflict) {
      if (!full()) first.push_back(std::move(conflict));
    }
  };

  void mark_fields();
  bool mark_fields(ast::SelectionSet& set);
  bool has_ambiguous_name(const ast::SelectionSet& set) const;
  bool is_ambiguous(const ast::Field& field) const;

  void search(const MergeSite& site);
  void search_within(const Collection& fields, Conflicts& conflicts);
  void report(const MergeSite& site, const Conflict& conflict);

  Collection& collect(const NamedType* parent, ast::SelectionSet& set);
  Collection& collect_fragment(std::uint32_t fragment);
  void collect_into(Collection& collection, const NamedType* parent, ast::SelectionSet& set);

  void compare(const Collection& one, const Collection& other, bool exclusive, Conflicts& conflicts);
  void compare_with_fragment(Collection& fields, std::uint32_t fragment, bool exclusive, Conflicts& conflicts);
  void compare_fragments(std::uint32_t one, std::uint32_t other, bool exclusive, Conflicts& conflicts);
  void compare_sets(Collection& one, Collection& other, bool exclusive, Conflicts& conflicts);
  void compare_fields(const Entry& one, const Entry& other, bool exclusive, Conflicts& conflicts);
  void compare_selections(const Entry& one, const Entry& other, bool exclusive, Conflicts& conflicts);

  void spend(std::uint32_t comparisons) {
    spent_ += comparisons;
    exhausted_ |= spent_ > comparisons_max;
  }

  // Counts a level of recursion.
  class Level {
   public:
    explicit Level(MergeSearch& search) : search_(search) { search_.exhausted_ |= ++search_.depth_ > depth_max; }
    ~Level() { --search_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    MergeSearch& search_;
  };

  struct SetKey {
    const NamedType* parent = nullptr;
    const ast::SelectionSet* set = nullptr;
    bool operator==(const SetKey&) const = default;
  };
  struct SetKeyHash {
    std::size_t operator()(const SetKey& key) const {
      return std::hash<const void*>{}(key.parent) * 31 + std::hash<const void*>{}(key.set);
    }
  };

  Walk& walk_;
  std::uint32_t spent_ = 0;
  std::uint32_t depth_ = 0;
  bool exhausted_ = false;
  std::vector<bool> fragment_marked_{};  // leads to an ambiguous name, by number
  std::unordered_set<const ast::Field*> marked_{};
  std::deque<Collection> collections_{};
  std::unordered_map<SetKey, Collection*, SetKeyHash> collection_of_{};
  // Pairs of fragments that were compared, the lower number first, and whether only as far as exclusive parents allow.
  std::unordered_map<std::uint64_t, bool> compared_fragments_{};
};

}  // namespace millrace::graphql
