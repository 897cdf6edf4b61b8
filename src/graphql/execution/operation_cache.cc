#include "graphql/execution/operation_cache.h"

#include <cstring>

#include "base/crypto.h"

namespace millrace::graphql {
namespace {

// Of list node, map node and object, roughly.
constexpr std::size_t entry_overhead = 512;
// Of the cache for invalid documents: enough for a client that repeats its mistake.
constexpr std::size_t invalid_share = 16;

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  auto product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word_at(const char* from, std::size_t size) {
  std::uint64_t word = 0;
  if (size > 0) std::memcpy(&word, from, size);  // an empty text may be nowhere
  return word;
}

}  // namespace

// 16 bytes a step, and not to be foreseen by clients, who could otherwise send texts of one hash.
std::size_t OperationCache::TextHash::operator()(std::string_view text) const {
  static const std::uint64_t seed = random_seed();
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15u;
  auto hash = seed ^ (text.size() * odd);
  const char* at = text.data();
  auto left = text.size();
  for (; left >= 16; at += 16, left -= 16) hash = mix(word_at(at, 8) ^ hash, word_at(at + 8, 8) ^ seed ^ odd);
  auto first = left >= 8 ? word_at(at, 8) : word_at(at, left);
  auto second = left >= 8 ? word_at(at + 8, left - 8) : 0;
  return mix(mix(first ^ hash, second ^ odd ^ seed), odd);
}

CachedDocument::CachedDocument(SchemaPointer schema, std::string_view text)
    : schema_(std::move(schema)), text_(text), bytes_(text.size() + entry_overhead) {}

void CachedDocument::fail(Outcome outcome, std::vector<GraphqlError> errors) {
  outcome_ = outcome;
  errors_ = std::move(errors);
  for (auto& error : errors_) bytes_ += sizeof error + error.message.size() + error.locations.size() * 8;
}

void CachedDocument::accept(ast::Document document) {
  document_ = std::move(document);
  bytes_ -= text_.size();
  text_ = {};
  for (auto* definition : document_.definitions()) {
    auto* node = ast::as_operation(definition);
    if (node == nullptr) continue;
    CachedOperation operation{.node = node};
    for (auto& variable : node->variables) {
      auto type = schema_->resolve(*variable.type).value();
      Value default_value;
      if (variable.default_value != nullptr)
        default_value = coerce_literal(*variable.default_value, type, arena_).value_or(Value{});
      operation.variables.push_back({variable.name.text, type, default_value, &variable});
    }
    operation.conditions = condition_variables(document_, operation.variables);
    bytes_ += sizeof operation + operation.variables.size() * sizeof(Variable);
    operations_.push_back(std::move(operation));
  }
  bytes_ += document_.arena().bytes_reserved() + arena_.bytes_reserved();
}

std::shared_ptr<CachedDocument> OperationCache::find(std::string_view text) {
  auto found = index_.find(text);
  if (found == index_.end()) return nullptr;
  auto& shelf = shelf_of(*found->second->document);
  if (found->second != shelf.recent.begin()) shelf.recent.splice(shelf.recent.begin(), shelf.recent, found->second);
  return found->second->document;
}

void OperationCache::insert(std::shared_ptr<CachedDocument> document) {
  auto& shelf = shelf_of(*document);
  auto bytes = document->bytes();
  shelf.recent.push_front({std::move(document), bytes});
  if (!index_.emplace(shelf.recent.front().document->text(), shelf.recent.begin()).second) {
    shelf.recent.pop_front();
    return;
  }
  shelf.bytes += bytes;
  make_room();
}

void OperationCache::grow(const CachedDocument& document, std::size_t bytes) {
  auto found = index_.find(document.text());
  if (found == index_.end() || found->second->document.get() != &document) return;
  found->second->bytes += bytes;
  shelf_of(document).bytes += bytes;
  make_room();
}

void OperationCache::clear() {
  index_.clear();
  valid_ = {};
  invalid_ = {};
}

void OperationCache::make_room() {
  evict(invalid_, bytes_max_ / invalid_share);
  evict(valid_, bytes_max_ - bytes_max_ / invalid_share);
}

void OperationCache::evict(Shelf& shelf, std::size_t bytes_max) {
  while (shelf.bytes > bytes_max && !shelf.recent.empty()) {
    auto& oldest = shelf.recent.back();
    shelf.bytes -= oldest.bytes;
    index_.erase(oldest.document->text());
    shelf.recent.pop_back();
  }
}

}  // namespace millrace::graphql
