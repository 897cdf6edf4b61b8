#pragma once

// Blocks of memory that come and go with every request (coroutine frames, arenas): kept by the thread that gives them
// back, in lists by size, instead of going through the allocator, whose blocks of more than a kilobyte are slow.
//
// Any thread; a block may be given back by another than took it. What a thread keeps is bounded by `kept_bytes_max` for
// each size, and is its until the process ends. Sanitizer builds keep nothing, so that they see every use.

#include <bit>
#include <cstddef>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MILLRACE_SANITIZED 1
#endif
#endif

namespace millrace {

class BlockPool {
 public:
  static constexpr std::size_t block_bytes_min = 128;
  static constexpr std::size_t block_bytes_max = 16 << 10;  // larger ones are rare, and worth a call
  static constexpr std::size_t kept_bytes_max = 256 << 10;  // of one size: 64 requests at a time

  // At least `bytes`, aligned as operator new does.
  static void* take(std::size_t bytes) {
    if (bytes > block_bytes_max || sanitized) return ::operator new(bytes);
    List& list = lists[index_of(bytes)];
    if (list.first == nullptr) return ::operator new(size_of(bytes));
    Free* block = list.first;
    list.first = block->next;
    --list.count;
    return block;
  }

  // `bytes` as it was taken.
  static void give(void* block, std::size_t bytes) noexcept {
    if (bytes > block_bytes_max || sanitized) return ::operator delete(block);
    List& list = lists[index_of(bytes)];
    if (list.count * size_of(bytes) >= kept_bytes_max) return ::operator delete(block);
    list.first = new (block) Free{list.first};
    ++list.count;
  }

 private:
  struct Free {
    Free* next;
  };
  struct List {
    Free* first;
    std::size_t count;
  };

#ifdef MILLRACE_SANITIZED
  static constexpr bool sanitized = true;
#else
  static constexpr bool sanitized = false;
#endif

  static constexpr std::size_t size_of(std::size_t bytes) {
    return bytes <= block_bytes_min ? block_bytes_min : std::bit_ceil(bytes);
  }
  static constexpr std::size_t index_of(std::size_t bytes) {
    return static_cast<std::size_t>(std::countr_zero(size_of(bytes)) - std::countr_zero(block_bytes_min));
  }

  static inline constinit thread_local List lists[8] = {};
  static_assert(block_bytes_min << 7 == block_bytes_max);
};

}  // namespace millrace
