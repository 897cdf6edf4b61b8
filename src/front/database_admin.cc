#include "front/database_admin.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "front/admin_routes.h"
#include "front/error_status.h"

namespace millrace::front {
namespace {

using store::DatabaseId;
using store::DatabaseLimits;
using store::DatabaseProperties;

constexpr std::size_t secret_size = 40;  // 238 bits

DatabaseSecrets make_secrets() {
  return {random_secret(secret_size), random_secret(secret_size)};
}

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

Result<std::optional<std::uint64_t>> read_limit(const JsonValue& request, std::string_view name) {
  const JsonValue* value = request.find(name);
  if (value == nullptr) return std::optional<std::uint64_t>{};
  if (value->kind() != JsonValue::Kind::integer || value->integer() < 0) {
    return invalid(fmt::format("{} is a whole number, 0 for no limit", name));
  }
  return std::optional(static_cast<std::uint64_t>(value->integer()));
}

}  // namespace

bool is_reserved_database(std::string_view name) {
  return name.starts_with("millrace.");
}

struct DatabaseAdmin::Request {
  std::string action{};
  std::string name{};
  std::string to{};
  std::optional<std::uint64_t> bytes_max{};
  std::optional<std::uint64_t> request_bytes_max{};
  std::optional<std::uint64_t> commands_per_second_max{};
  std::optional<std::uint64_t> pending_entries_max{};

  void apply(DatabaseLimits& limits) const {
    limits.bytes_max = bytes_max.value_or(limits.bytes_max);
    limits.request_bytes_max = request_bytes_max.value_or(limits.request_bytes_max);
    limits.commands_per_second_max = commands_per_second_max.value_or(limits.commands_per_second_max);
    limits.pending_entries_max = pending_entries_max.value_or(limits.pending_entries_max);
  }
};

DatabaseAdmin::DatabaseAdmin(store::EmbeddedStore& store, DatabaseDirectory& directory, DatabaseAdminOptions options)
    : store_(store), directory_(directory), options_(std::move(options)) {}

Result<DatabaseAdmin::Request> DatabaseAdmin::parse(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document || !document->root().is_object()) return invalid("the request is no JSON object");
  const JsonValue& root = document->root();
  Request request;
  for (auto [name, target] :
       {std::pair{"do", &request.action}, std::pair{"name", &request.name}, std::pair{"to", &request.to}}) {
    const JsonValue* value = root.find(name);
    if (value != nullptr && value->is_string()) *target = value->string();
  }
  for (auto [name, target] :
       {std::pair{"bytes_max", &request.bytes_max}, std::pair{"request_bytes_max", &request.request_bytes_max},
        std::pair{"commands_per_second_max", &request.commands_per_second_max},
        std::pair{"pending_entries_max", &request.pending_entries_max}}) {
    auto limit = read_limit(root, name);
    if (!limit) return limit.error();
    *target = *limit;
  }
  return request;
}

void DatabaseAdmin::admit(DatabaseId database, const DatabaseSecrets& secrets) {
  directory_.admit(secrets.secret, {database, false});
  directory_.admit(secrets.read_only_secret, {database, true});
}

Async<Result<void>> DatabaseAdmin::admit_all() {
  auto all = co_await store_.databases();
  if (!all) co_return all.error();
  for (const store::Database& database : *all) {
    if (is_reserved_database(database.name)) continue;
    if (database.name == options_.default_name) {
      admit(database.id, options_.default_secrets);
      continue;
    }
    auto properties =
        co_await run_command<DatabaseProperties>(store_.home(), [&](Unit& unit) -> Result<DatabaseProperties> {
          auto kept = store_.properties(unit, database.id);
          if (!kept || !kept->secret.empty()) return kept;
          DatabaseSecrets made = make_secrets();
          kept->secret = made.secret;
          kept->read_only_secret = made.read_only_secret;
          auto done = store_.set_properties(unit, database.id, *kept);
          return done ? kept : done.error();
        });
    if (!properties) co_return properties.error();
    admit(database.id, {properties->secret, properties->read_only_secret});
  }
  co_return Result<void>();
}

Async<Result<std::string>> DatabaseAdmin::run(std::string text) {
  auto request = parse(text);
  if (!request) co_return request.error();
  for (const std::string& name : {request->name, request->to}) {
    if (is_reserved_database(name)) co_return invalid(fmt::format("'{}' is reserved for the server itself", name));
  }
  DatabaseSecrets made = make_secrets();
  auto done = co_await run_command<std::string>(store_.home(), [&](Unit& unit) -> Result<std::string> {
    if (request->action == "list") return list(unit);
    if (request->action == "create") return create(unit, *request, made);
    if (request->action == "show") return describe(unit, request->name, false);
    if (request->action == "credentials") return describe(unit, request->name, true);
    if (request->action == "limit") return limit(unit, *request);
    if (request->action == "rename") return rename(unit, *request);
    if (request->action == "delete") return remove(unit, *request);
    if (request->action == "reset-password") return reset(unit, *request, made);
    return invalid(fmt::format("'{}' is nothing that can be done with a database", request->action));
  });
  co_return done;
}

Result<std::string> DatabaseAdmin::create(Unit& unit, const Request& request, const DatabaseSecrets& made) {
  DatabaseProperties properties{.secret = made.secret, .read_only_secret = made.read_only_secret};
  request.apply(properties.limits);
  auto id = store_.stage_create_database(unit, request.name, properties);
  if (!id) return id.error();
  unit.after_sync([this, id = *id, made] { admit(id, made); });
  return describe(unit, request.name, true);
}

Result<std::string> DatabaseAdmin::describe(Unit& unit, const std::string& name, bool with_secrets) {
  auto id = store_.find_database(unit, name);
  if (!id) return id.error();
  auto properties = store_.properties(unit, *id);
  if (!properties) return properties.error();
  auto size = store_.size(unit, *id);
  if (!size) return size.error();
  if (name == options_.default_name) {
    properties->secret = options_.default_secrets.secret;
    properties->read_only_secret = options_.default_secrets.read_only_secret;
  }
  std::string out;
  JsonWriter json(out);
  auto number = [&](std::string_view key, std::uint64_t value) {
    json.key(key).integer(static_cast<std::int64_t>(value));
  };
  json.open_object().key("name").string(name);
  json.key("created_at").string(to_rfc3339(Timestamp(std::chrono::milliseconds(properties->created_at))));
  number("keys", size->keys);
  if (size->bytes) number("bytes", *size->bytes);
  number("bytes_max", properties->limits.bytes_max);
  number("request_bytes_max", properties->limits.request_bytes_max);
  number("commands_per_second_max", properties->limits.commands_per_second_max);
  number("pending_entries_max", properties->limits.pending_entries_max);
  if (with_secrets) {
    json.key("secret").string(properties->secret);
    json.key("read_only_secret").string(properties->read_only_secret);
  }
  json.close_object();
  return out;
}

Result<std::string> DatabaseAdmin::list(Unit& unit) {
  auto all = store_.databases(unit);
  if (!all) return all.error();
  std::string out;
  JsonWriter json(out);
  json.open_object().key("databases").open_array();
  for (const store::Database& database : *all) {
    if (is_reserved_database(database.name)) continue;
    auto one = describe(unit, database.name, false);
    if (!one) return one.error();
    json.raw(*one);
  }
  json.close_array().close_object();
  return out;
}

Result<std::string> DatabaseAdmin::limit(Unit& unit, const Request& request) {
  auto id = store_.find_database(unit, request.name);
  if (!id) return id.error();
  auto properties = store_.properties(unit, *id);
  if (!properties) return properties.error();
  request.apply(properties->limits);
  if (auto done = store_.set_properties(unit, *id, *properties); !done) return done.error();
  return describe(unit, request.name, false);
}

// A database that an app lives in is found by its name.
Result<void> DatabaseAdmin::stays(const std::string& name) const {
  bool of_app = name == options_.default_name || std::ranges::find(options_.apps, name) != options_.apps.end();
  if (!of_app) return {};
  return Error{ErrorCode::conflict, fmt::format("database '{}' belongs to an app that is served", name)};
}

Result<std::string> DatabaseAdmin::rename(Unit& unit, const Request& request) {
  if (auto may = stays(request.name); !may) return may.error();
  if (auto done = store_.rename_database(unit, request.name, request.to); !done) return done.error();
  return describe(unit, request.to, false);
}

Result<std::string> DatabaseAdmin::remove(Unit& unit, const Request& request) {
  if (auto may = stays(request.name); !may) return may.error();
  auto id = store_.find_database(unit, request.name);
  if (!id) return id.error();
  if (auto done = store_.delete_database(unit, request.name); !done) return done.error();
  unit.after_sync([this, id = *id] { directory_.revoke_all(id); });
  std::string out;
  JsonWriter(out).open_object().key("deleted").string(request.name).close_object();
  return out;
}

Result<std::string> DatabaseAdmin::reset(Unit& unit, const Request& request, const DatabaseSecrets& made) {
  auto id = store_.find_database(unit, request.name);
  if (!id) return id.error();
  if (request.name == options_.default_name) {
    if (auto kept = options_.keep_default(made); !kept) return kept.error();
    options_.default_secrets = made;
    directory_.revoke_all(*id);
    admit(*id, made);
    return describe(unit, request.name, true);
  }
  auto properties = store_.properties(unit, *id);
  if (!properties) return properties.error();
  properties->secret = made.secret;
  properties->read_only_secret = made.read_only_secret;
  if (auto done = store_.set_properties(unit, *id, *properties); !done) return done.error();
  unit.after_sync([this, id = *id, made] {
    directory_.revoke_all(id);
    admit(id, made);
  });
  return describe(unit, request.name, true);
}

std::vector<Route> database_admin_routes(DatabaseAdmin& admin, std::string secret) {
  auto handle = [&admin, secret = std::move(secret)](net::HttpRequest& request) -> Async<net::HttpResponse> {
    if (auto refusal = refuse_unauthorized(request, secret)) co_return std::move(*refusal);
    std::string body(request.body);
    auto done = co_await admin.run(std::move(body));
    if (!done) co_return json_error(error_status(done.error().code), done.error().message);
    co_return json_response(200, std::move(*done));
  };
  return {{.methods = "POST", .path = "/admin/databases", .handle = handle}};
}

}  // namespace millrace::front
