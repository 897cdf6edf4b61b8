#pragma once

// A schema file to what it means. Every fault is reported, each with its place in the file and what to do about it.
// Pure; any thread.

#include <string>
#include <string_view>

#include "app/model.h"
#include "graphql/schema/build.h"

namespace millrace::app {

using CompileResult = boost::system::result<ModelPointer, graphql::SchemaErrors>;

// `file` names the text in messages; the app is called after it: "apps/tasks.graphql" gives "tasks".
CompileResult compile(std::string_view text, std::string_view file);

}  // namespace millrace::app
