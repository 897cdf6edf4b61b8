#pragma once

#include <string_view>

namespace millrace::graphql {

// What every schema has without declaring it: the five scalars, the five directives and the introspection types
// (GraphQL specification, September 2025, sections 3.5, 3.13 and 4). `__MetaFields` is no type: its fields are those
// that a selection may name without a type having them.
extern const std::string_view built_in_definitions;

inline constexpr std::string_view meta_fields_type = "__MetaFields";
inline constexpr std::string_view default_deprecation_reason = "No longer supported";

}  // namespace millrace::graphql
