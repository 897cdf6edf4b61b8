#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_object_field(Walk& walk, const ObjectSite& object, const ast::ObjectField& field) {
  if (object.first.empty()) return;
  auto& first = object.value.fields[object.first[&field - object.value.fields.begin()]];
  if (&first == &field) return;
  walk.report().add({"Field \"", field.name.text, "\" is given several times."},
                    {first.name.offset, field.name.offset});
}

}  // namespace

extern const Rule input_field_uniqueness{
    .name = "Input Object Field Uniqueness",
    .reference_name = "UniqueInputFieldNames",
    .enter_object_field = enter_object_field,
};

}  // namespace millrace::graphql
