#pragma once

// Serves a JSON tree: a field is the member of its name. For fixtures, and for data that is at hand as a whole.
//
//   {"$error": "message", "$code": "NOT_FOUND"}   fails at that position (as a member or a list item)
//   {"$type": "Task", …}                          names the object type where the field's type is abstract
//   {"$echo": 1}                                  is the coerced arguments as JSON text with sorted keys

#include "base/json.h"
#include "graphql/execution/resolver.h"

namespace millrace::graphql {

class JsonResolver final : public Resolver {
 public:
  // Both must outlive it. `root` is the object behind every root type.
  JsonResolver(const Schema& schema, const JsonValue& root) : schema_(schema), root_(root) {}

  bool resolve_now(FieldBatch& batch) override;

 private:
  FieldResult value_of(const FieldBatch& batch, const JsonValue* value, TypeRef type) const;
  FieldResult object_of(const FieldBatch& batch, const JsonValue& value, const NamedType& type) const;

  const Schema& schema_;
  const JsonValue& root_;
};

}  // namespace millrace::graphql
