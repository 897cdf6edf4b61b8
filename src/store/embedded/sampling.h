#pragma once

// Choices at random.
//
// The elements of a spread collection can be reached by their bytes, not by an index. To choose one of very many
// without walking over them, a probe goes down the tree that their bytes form: from the range of all to that of a
// longer prefix, until the range is small enough to be counted. How likely each step was is known, more or less, and so
// is how likely the whole probe was. One that was likelier than a fair choice would have been is rejected as much more
// often, and another is made. So each element becomes about as likely as any other, however unevenly their bytes are
// spread; only about, since a probe sees only its own path.

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/embedded/keyspace.h"

namespace millrace::store {

// Uniform below `bound`, which is not 0.
std::uint64_t random_below(std::uint64_t bound);

// Valid while the collection does not change. `size` is the number of its elements, not 0.
class Sampler {
 public:
  Sampler(Keyspace& keys, Generation generation, std::uint64_t size);
  ~Sampler();

  Result<std::string> pick();  // a member

 private:
  struct Node;
  struct Probe {
    std::string member{};
    double likelihood = 1;  // until now
  };
  struct Child {
    std::uint8_t byte = 0;
    double share = 1;                    // of the choices that lead to it
    std::optional<std::string> first{};  // its first member, when it was seen
  };

  Result<Probe> probe();
  Result<Node*> node(const std::string& prefix, double expected, std::optional<std::string> first);
  Result<void> gather(Node& node, const KeyRange& range);
  Result<Child> choose(Node& node);
  Result<Child> choose_likely(Node& node);
  Result<Child> choose_any(Node& node);
  Result<void> list_bytes(Node& node);
  Result<std::string> nearest(const KeyRange& range, Direction direction);

  Keyspace& keys_;
  Generation generation_;
  std::uint64_t size_;
  std::bitset<256> alphabet_{};                                   // bytes that occur somewhere
  bool dense_ = false;                                            // they are many
  std::unordered_map<std::string, std::unique_ptr<Node>> nodes_;  // those that probes came through
};

}  // namespace millrace::store
