#pragma once

// How the databases of a data folder are administered by this program: who may not be deleted, and where the secrets of
// the default database stand.

#include "front/database_admin.h"
#include "server/credentials.h"
#include "server/options.h"

namespace millrace::server {

inline constexpr std::string_view default_database = "default";

// `apps` are the databases that are in use by name. `credentials` is what `options.data` holds.
front::DatabaseAdminOptions database_admin_options(const Options& options, const Credentials& credentials,
                                                   std::vector<std::string> apps = {});

}  // namespace millrace::server
