#include "server/apps.h"

#include <fmt/format.h>
#include <map>

#include "server/credentials.h"

extern "C" {
extern const char millrace_built_in_app[];
extern const char millrace_built_in_app_end[];
}

namespace millrace::server {
namespace {

// Two apps must not share a name, for their addresses, or a topic, whose events would be both's.
Result<void> check_together(const std::vector<AppSource>& apps) {
  std::map<std::string, std::string> owners;
  for (const AppSource& source : apps) {
    std::vector<std::string> claims = {fmt::format("the name '{}'", source.model->name)};
    for (const std::string& topic : source.model->topics) claims.push_back(fmt::format("the topic '{}'", topic));
    for (const std::string& claim : claims) {
      auto [owner, is_new] = owners.emplace(claim, source.file);
      if (is_new) continue;
      return Error{ErrorCode::invalid, fmt::format("{} and {} both have {}", owner->second, source.file, claim)};
    }
  }
  return {};
}

}  // namespace

std::string_view built_in_app() {
  return {millrace_built_in_app, static_cast<std::size_t>(millrace_built_in_app_end - millrace_built_in_app)};
}

app::CompileResult compile_text(std::string_view text, const std::string& file) {
  return app::compile(text, file.empty() ? "tasks.graphql" : file);
}

std::string describe(const graphql::SchemaErrors& errors) {
  std::string text;
  for (const auto& error : errors) text += (text.empty() ? "" : "\n") + graphql::to_string(error);
  return text;
}

Result<std::vector<AppSource>> load_apps(const std::vector<std::string>& files) {
  std::vector<AppSource> apps;
  std::string faults;
  for (const std::string& file : files.empty() ? std::vector<std::string>{""} : files) {
    auto text = file.empty() ? Result<std::string>(std::string(built_in_app())) : read_file(file);
    if (!text) return text.error();
    auto model = compile_text(*text, file);
    if (model) {
      apps.push_back({file, *model});
    } else {
      faults += (faults.empty() ? "" : "\n") + describe(model.error());
    }
  }
  if (!faults.empty()) return Error{ErrorCode::invalid, faults};
  if (auto together = check_together(apps); !together) return together.error();
  return apps;
}

}  // namespace millrace::server
