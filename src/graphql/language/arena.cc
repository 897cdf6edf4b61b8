#include "graphql/language/arena.h"

#include <algorithm>

namespace millrace::graphql {
namespace {

constexpr std::size_t block_size_max = std::size_t{1} << 20;

}  // namespace

Arena::~Arena() {
  while (block_ != nullptr) {
    Block* previous = block_->previous;
    ::operator delete(block_);
    block_ = previous;
  }
}

void* Arena::take_from_new_block(std::size_t bytes, std::size_t alignment) {
  const std::size_t size = std::max(block_size_next_, bytes + alignment + sizeof(Block));
  auto* block = new (::operator new(size)) Block{block_, size};
  block_ = block;
  bytes_reserved_ += size;
  block_size_next_ = std::min(block_size_next_ * 2, block_size_max);
  next_ = reinterpret_cast<std::uintptr_t>(block + 1);
  end_ = reinterpret_cast<std::uintptr_t>(block) + size;
  return take(bytes, alignment);
}

}  // namespace millrace::graphql
