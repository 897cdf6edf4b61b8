#include "graphql/execution/persisted_documents.h"

#include <utility>

namespace millrace::graphql {
namespace {

constexpr std::string_view hash_prefix = "sha256:";
constexpr std::size_t entry_overhead = 256;  // list node, map node and hash, roughly

std::string_view without_prefix(std::string_view id) {
  return id.starts_with(hash_prefix) ? id.substr(hash_prefix.size()) : id;
}

}  // namespace

void PersistedDocuments::trust(std::string id, std::string text) {
  ++trusted_texts_[text];
  trusted_.insert_or_assign(std::string(without_prefix(id)), std::move(text));
}

bool PersistedDocuments::is_trusted_text(std::string_view text) const {
  return trusted_texts_.find(text) != trusted_texts_.end();
}

const std::string* PersistedDocuments::find_trusted(std::string_view id) const {
  auto found = trusted_.find(without_prefix(id));
  return found == trusted_.end() ? nullptr : &found->second;
}

const std::string* PersistedDocuments::find_learnt(std::string_view hash) {
  auto found = learnt_.find(hash);
  if (found == learnt_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return &found->second->text;
}

void PersistedDocuments::learn(std::string_view hash, std::string_view text) {
  if (find_learnt(hash) != nullptr) return;
  recent_.push_front({std::string(hash), std::string(text)});
  learnt_.emplace(recent_.front().hash, recent_.begin());
  bytes_ += text.size() + entry_overhead;
  while (bytes_ > bytes_max_ && !recent_.empty()) {
    bytes_ -= recent_.back().text.size() + entry_overhead;
    learnt_.erase(recent_.back().hash);
    recent_.pop_back();
  }
}

}  // namespace millrace::graphql
