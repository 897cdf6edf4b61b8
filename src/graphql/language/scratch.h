#pragma once

// Where the parser collects the elements of a list before it knows how many there are: a stack of nodes, from which a
// finished list is moved into the arena in one piece. Lists nest, because an inner one is taken before the next element
// of the outer one is put down.

#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>

#include "graphql/language/ast.h"

namespace millrace::graphql {

class Scratch {
 public:
  std::size_t mark() const { return used_; }

  template <class T>
  void push(const T& element) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 8 == 0 && alignof(T) <= 8);
    if (used_ + sizeof(T) > size_) [[unlikely]]
      grow();
    std::memcpy(bytes_ + used_, static_cast<const void*>(&element), sizeof(T));
    used_ += sizeof(T);
  }

  // Moves all that was pushed since `mark` into the arena.
  template <class T>
  ast::List<T> take(std::size_t mark, Arena& arena) {
    const auto size = used_ - mark;
    used_ = mark;
    if (size == 0) return {};
    auto* first = static_cast<T*>(arena.take(size, alignof(T)));
    std::memcpy(static_cast<void*>(first), bytes_ + mark, size);
    return {first, static_cast<std::uint32_t>(size / sizeof(T))};
  }

 private:
  // A node is well below the first size, so doubling always makes room for one more.
  void grow() {
    auto larger = std::make_unique_for_overwrite<std::byte[]>(size_ * 2);
    std::memcpy(larger.get(), bytes_, used_);
    heap_ = std::move(larger);
    bytes_ = heap_.get();
    size_ *= 2;
  }

  alignas(8) std::byte first_[4096];
  std::unique_ptr<std::byte[]> heap_{};
  std::byte* bytes_ = first_;
  std::size_t size_ = sizeof(first_);
  std::size_t used_ = 0;
};

}  // namespace millrace::graphql
