#pragma once

// What `millrace db` does: create, list, show, delete, rename databases, give them new secrets and limits. Requests and
// answers are JSON, the same whether they come to a server (POST /admin/databases) or to a process that opened the data
// folder itself.
//
//   {"do":"create","name":"shop","bytes_max":1000000}   {"name":"shop","keys":0,"bytes":0,…,"secret":"…",…}
//   {"do":"list"}                                       {"databases":[{"name":"default",…},…]}
//   {"do":"show","name":"shop"}                         without the secrets; "credentials" has them
//   {"do":"limit","name":"shop","bytes_max":0}          what is not named stays as it is; 0: none
//   {"do":"rename","name":"shop","to":"store"}
//   {"do":"reset-password","name":"shop"}               both secrets; the old ones open nothing from now on
//   {"do":"delete","name":"shop"}                       {"deleted":"shop"}
//
// Confined to the reactor.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "front/redis/database_directory.h"
#include "front/router.h"
#include "store/embedded/embedded_store.h"

namespace millrace {
class JsonValue;
}

namespace millrace::front {

struct DatabaseSecrets {
  std::string secret{};
  std::string read_only_secret{};
};

struct DatabaseAdminOptions {
  std::string default_name = "default";
  DatabaseSecrets default_secrets{};  // kept outside the store
  std::vector<std::string> apps{};    // whose databases can be neither deleted nor renamed
  // Keeps new secrets of the default database; fails when they are given from outside.
  std::function<Result<void>(const DatabaseSecrets&)> keep_default{};
};

class DatabaseAdmin {
 public:
  // Both outlive it.
  DatabaseAdmin(store::EmbeddedStore& store, DatabaseDirectory& directory, DatabaseAdminOptions options);

  // Makes every database's secrets known to the directory; one that has none gets some. Once, before serving.
  Async<Result<void>> admit_all();

  // Does what `request` says. `invalid` for what cannot be understood, `not_found`, `conflict`.
  Async<Result<std::string>> run(std::string request);

 private:
  struct Request;

  static Result<Request> parse(std::string_view text);
  Result<std::string> create(Unit& unit, const Request& request, const DatabaseSecrets& made);
  Result<std::string> list(Unit& unit);
  Result<std::string> limit(Unit& unit, const Request& request);
  Result<std::string> rename(Unit& unit, const Request& request);
  Result<std::string> remove(Unit& unit, const Request& request);
  Result<std::string> reset(Unit& unit, const Request& request, const DatabaseSecrets& made);
  Result<std::string> describe(Unit& unit, const std::string& name, bool with_secrets);
  Result<void> stays(const std::string& name) const;
  void admit(store::DatabaseId database, const DatabaseSecrets& secrets);

  store::EmbeddedStore& store_;
  DatabaseDirectory& directory_;
  DatabaseAdminOptions options_;
};

// Databases whose names begin with "millrace." are the server's own: they have no secrets, are in no list and cannot be
// named in a request.
bool is_reserved_database(std::string_view name);

// POST /admin/databases. `admin` outlives the routes.
std::vector<Route> database_admin_routes(DatabaseAdmin& admin, std::string secret);

}  // namespace millrace::front
