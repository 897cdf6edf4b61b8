#include "server/database_access.h"

namespace millrace::server {

front::DatabaseAdminOptions database_admin_options(const Options& options, const Credentials& credentials,
                                                   std::vector<std::string> apps) {
  front::DatabaseAdminOptions admin{
      .default_name = std::string(default_database),
      .default_secrets = {credentials.database_secret, credentials.database_read_only_secret},
      .apps = std::move(apps)};
  admin.keep_default = [folder = options.data,
                        given = !options.token.empty()](const front::DatabaseSecrets& secrets) -> Result<void> {
    if (given)
      return Error{ErrorCode::conflict, "MILLRACE_TOKEN gives the secret of the default database: change it there"};
    auto kept = load_credentials(folder);
    if (!kept) return kept.error();
    kept->database_secret = secrets.secret;
    kept->database_read_only_secret = secrets.read_only_secret;
    return save_credentials(folder, *kept);
  };
  return admin;
}

}  // namespace millrace::server
