#pragma once

// Schema files to a Schema: definitions and extensions of all files together, checked against every rule of the GraphQL
// specification, September 2025, section 3. All faults are reported at once, in source order.
//
// Pure; callable from any thread.

#include <boost/system/result.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graphql/language/parser.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

struct SchemaSource {
  std::string_view text{};
  std::string_view file{};  // for messages only
};

// One fault of the files.
struct SchemaError {
  std::string message{};
  std::string file{};
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::string suggestion{};  // "Did you mean "Task"?", or empty
  // The other definitions involved (the first of two equal names), if any.
  struct Related {
    std::string file{};
    std::uint32_t line = 1;
    std::uint32_t column = 1;
  };
  std::vector<Related> related{};
};

// "todo.graphql:3:9: there is no type "Tsk". Did you mean "Task"?"
std::string to_string(const SchemaError& error);

using SchemaErrors = std::vector<SchemaError>;
[[noreturn]] void throw_exception_from_error(const SchemaErrors& errors, const boost::source_location& where);

struct ScalarBinding {
  std::string_view scalar{};
  ScalarParse parse = nullptr;
};

struct SchemaOptions {
  // Definitions of directives, enums and scalars that the files may use without declaring them. The enums are known to
  // these directives only, so their names stay free. A vocabulary's scalar that a file uses and does not define itself
  // becomes a type of the schema; nothing else of it is ever shown.
  std::string_view vocabulary{};
  // How values of custom scalars are read.
  std::span<const ScalarBinding> scalars{};
  ParseLimits limits = schema_parse_limits;
  std::size_t errors_max = 100;
};

using SchemaResult = boost::system::result<SchemaPointer, SchemaErrors>;

SchemaResult build_schema(std::span<const SchemaSource> sources, const SchemaOptions& options = {});
SchemaResult build_schema(std::string_view text, const SchemaOptions& options = {});

}  // namespace millrace::graphql
