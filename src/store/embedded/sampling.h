#pragma once

// Choices at random.
//
// The elements of a spread collection can be reached by their bytes, not by an index. To choose one of very many
// without walking over them, a probe goes down the tree that their bytes form: from the range of all to that of a
// common prefix and one more byte, until a range is small enough to be counted. How likely each step was is known, and
// so is how likely the whole probe was; of a few probes, one is chosen with a weight that is the inverse of that.
// However unevenly the bytes are spread, each element so becomes about as likely as any other; only about, since a few
// probes see only some of the tree.

#include <cstdint>
#include <memory>
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
    double likelihood = 1;
  };
  struct Child {
    std::uint8_t byte = 0;
    int ways = 0;  // how many bytes lead to it
  };

  Result<Probe> probe();
  Result<Node*> node(const std::string& prefix);
  Result<void> list_bytes(Node& node);
  Result<Child> child(Node& node, std::uint8_t byte);
  Result<std::string> nearest(const KeyRange& range, Direction direction);

  Keyspace& keys_;
  Generation generation_;
  std::uint64_t size_;
  std::unordered_map<std::string, std::unique_ptr<Node>> nodes_;  // those that probes came through
};

}  // namespace millrace::store
