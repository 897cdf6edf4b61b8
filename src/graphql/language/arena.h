#pragma once

// Memory that is given out in order and given back all at once: the home of a document's nodes, of a schema and of the
// values of a request. What lives here is trivially destructible; nothing is destroyed one by one.
//
// Confined to one thread while it grows; what it holds may be read from any thread after that. It is a
// std::pmr::memory_resource too, so that standard containers can live in it.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace::graphql {

class Arena final : public std::pmr::memory_resource {
 public:
  // 8 KiB hold the syntax tree of a typical query, so that parsing one costs a single allocation.
  explicit Arena(std::size_t block_size_first = 8192) : block_size_next_(block_size_first) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() override;

  void* take(std::size_t bytes, std::size_t alignment) {
    auto at = (next_ + alignment - 1) & ~(static_cast<std::uintptr_t>(alignment) - 1);
    if (at + bytes > end_) [[unlikely]]
      return take_from_new_block(bytes, alignment);
    next_ = at + bytes;
    return reinterpret_cast<void*>(at);
  }

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (take(sizeof(T), alignof(T))) T{std::forward<Arguments>(arguments)...};
  }

  // Default-initialised elements.
  template <class T>
  std::span<T> make_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    auto* first = static_cast<T*>(take(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (first + i) T{};
    return {first, count};
  }

  template <class T>
  std::span<T> copy_array(std::span<const T> source) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (source.empty()) return {};
    auto* first = static_cast<T*>(take(source.size_bytes(), alignof(T)));
    std::memcpy(static_cast<void*>(first), source.data(), source.size_bytes());
    return {first, source.size()};
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    auto* bytes = static_cast<char*>(take(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  // Bytes asked from the system so far.
  std::size_t bytes_reserved() const { return bytes_reserved_; }

 private:
  struct Block {
    Block* previous;
    std::size_t size;
  };

  void* take_from_new_block(std::size_t bytes, std::size_t alignment);
  void* do_allocate(std::size_t bytes, std::size_t alignment) override { return take(bytes, alignment); }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  std::uintptr_t next_ = 0;
  std::uintptr_t end_ = 0;
  Block* block_ = nullptr;
  std::size_t block_size_next_;
  std::size_t bytes_reserved_ = 0;
};

}  // namespace millrace::graphql
