#pragma once

// The schema files to serve: read, compiled, and checked against each other. Pure but for reading files.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "app/compile.h"
#include "app/model.h"
#include "base/result.h"

namespace millrace::server {

struct AppSource {
  std::string file{};  // empty: the to-do list that is built in
  app::ModelPointer model{};
};

// The to-do list, apps/tasks.graphql.
std::string_view built_in_app();

// Compiles every file; none means the to-do list. Fails with all faults of all files, a line each, and with `invalid`.
Result<std::vector<AppSource>> load_apps(const std::vector<std::string>& files);

app::CompileResult compile_text(std::string_view text, const std::string& file);

// One fault as a person reads it: place, reason, what to do.
std::string describe(const graphql::SchemaErrors& errors);

}  // namespace millrace::server
