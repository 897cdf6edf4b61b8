#pragma once

// Documents that requests name instead of sending them: automatic persisted queries (learnt from clients, bounded, the
// least recently used forgotten first) and trusted documents (listed by the operator). Confined to its reactor.

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace millrace::graphql {

enum class TrustedDocuments : std::uint8_t { off, allow, only };

class PersistedDocuments {
 public:
  explicit PersistedDocuments(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  PersistedDocuments(const PersistedDocuments&) = delete;
  PersistedDocuments& operator=(const PersistedDocuments&) = delete;

  // Lists a document for good, under `id` as it is written.
  void trust(std::string id, std::string text);
  bool is_trusted_text(std::string_view text) const;

  // The text, or a null pointer. `id` may carry `sha256:` in front.
  const std::string* find_trusted(std::string_view id) const;
  const std::string* find_learnt(std::string_view hash);
  // `text` is known to parse and to be valid.
  void learn(std::string_view hash, std::string_view text);

 private:
  struct Learnt {
    std::string hash{};
    std::string text{};
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  ByName<std::string> trusted_{};
  ByName<std::uint32_t> trusted_texts_{};
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<Learnt> recent_{};  // the latest used first
  std::unordered_map<std::string_view, std::list<Learnt>::iterator> learnt_{};
};

}  // namespace millrace::graphql
