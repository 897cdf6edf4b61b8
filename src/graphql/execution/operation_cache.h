#pragma once

// Documents with all that was made of them, found by their text: parsed, validated and compiled once. Bounded by bytes,
// the least recently used are forgotten first; what is invalid has a small share of its own, so that nonsense cannot
// push out what works. Confined to its reactor, therefore without locks, and nothing is ever made twice at once.

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graphql/error.h"
#include "graphql/execution/limit_check.h"
#include "graphql/execution/plan.h"
#include "graphql/execution/plan_compiler.h"
#include "graphql/execution/response.h"
#include "graphql/execution/variables.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

// A plan with what it costs where that does not depend on variables.
struct CachedPlan {
  Inclusions inclusions{};
  std::shared_ptr<const OperationPlan> plan{};
  Cost cost{};  // meaningful when plan->pages_are_constant
};

struct CachedOperation {
  const ast::OperationDefinition* node = nullptr;
  std::vector<Variable> variables{};
  std::vector<std::uint32_t> conditions{};             // numbers of the variables that @skip and @include use
  std::vector<CachedPlan> plans{};                     // the first few choices of these
  std::size_t response_bytes = 0;                      // of the latest response, a guess at the next one's size
  std::shared_ptr<const std::string> introspection{};  // the whole response, where only the schema decides it
};

// One document under one schema: either `errors`, or operations.
class CachedDocument {
 public:
  CachedDocument(SchemaPointer schema, std::string_view text);
  CachedDocument(const CachedDocument&) = delete;
  CachedDocument& operator=(const CachedDocument&) = delete;

  void fail(Outcome outcome, std::vector<GraphqlError> errors);
  // `document` is valid.
  void accept(ast::Document document);
  // Bytes that later work on it has added.
  void add_bytes(std::size_t bytes) { bytes_ += bytes; }

  const SchemaPointer& schema() const { return schema_; }
  std::string_view text() const { return text_.empty() ? document_.text() : text_; }
  bool is_valid() const { return errors_.empty(); }
  Outcome outcome() const { return outcome_; }
  std::span<const GraphqlError> errors() const { return errors_; }
  std::vector<CachedOperation>& operations() { return operations_; }
  const ast::Document& syntax() const { return document_; }
  std::size_t bytes() const { return bytes_; }

 private:
  SchemaPointer schema_;
  std::string text_;  // until the document holds it
  ast::Document document_{};
  Outcome outcome_ = Outcome::data;
  std::vector<GraphqlError> errors_{};
  std::vector<CachedOperation> operations_{};
  Arena arena_{512};  // of the variables' defaults
  std::size_t bytes_ = 0;
};

class OperationCache {
 public:
  explicit OperationCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  OperationCache(const OperationCache&) = delete;
  OperationCache& operator=(const OperationCache&) = delete;

  // The document with exactly this text, or null; it counts as used now.
  std::shared_ptr<CachedDocument> find(std::string_view text);
  void insert(std::shared_ptr<CachedDocument> document);
  // To be told when a document that may be in here has grown.
  void grow(const CachedDocument& document, std::size_t bytes);
  void clear();

  std::size_t size() const { return index_.size(); }
  std::size_t bytes() const { return valid_.bytes + invalid_.bytes; }

 private:
  struct Entry {
    std::shared_ptr<CachedDocument> document{};
    std::size_t bytes = 0;
  };
  struct Shelf {
    std::list<Entry> recent{};  // the latest used first
    std::size_t bytes = 0;
  };
  struct TextHash {
    std::size_t operator()(std::string_view text) const;
  };

  Shelf& shelf_of(const CachedDocument& document) { return document.is_valid() ? valid_ : invalid_; }
  void evict(Shelf& shelf, std::size_t bytes_max);
  void make_room();

  std::size_t bytes_max_;
  Shelf valid_{};
  Shelf invalid_{};
  std::unordered_map<std::string_view, std::list<Entry>::iterator, TextHash> index_{};
};

}  // namespace millrace::graphql
