// The program: its command line, and one line for whatever goes wrong.

#include <CLI/CLI.hpp>
#include <exception>
#include <fmt/format.h>
#include <optional>

#include "server/commands/commands.h"
#include "server/commands/topics.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

// Values given on the command line, kept until the configuration file and the environment have had their say.
class CommandLine {
 public:
  // Adds every setting as an option of `command`.
  void add_settings(CLI::App& command) {
    for (const Setting& setting : settings()) add_setting(command, setting);
  }

  void add_setting(CLI::App& command, const Setting& setting) {
    std::string name = "--" + std::string(setting.name);
    std::string help = fmt::format("{} [{}]", setting.what, setting.environment);
    auto take = [this, &setting](const std::string& value) { given_.emplace_back(&setting, value); };
    CLI::Option* option =
        setting.argument.empty()
            ? command.add_flag_function(
                  name, [take](std::int64_t) { take("true"); }, help)
            : command.add_option_function<std::string>(name, take, help)->type_name(std::string(setting.argument));
    if (setting.for_tests) option->group("");
  }

  void add_data(CLI::App& command) {
    for (const Setting& setting : settings()) {
      if (setting.name == "data") add_setting(command, setting);
    }
  }

  void add_port(CLI::App& command) {
    command.add_option_function<std::string>(
        "--port", [this](const std::string& port) { port_ = port; }, "the same as --http 127.0.0.1:PORT");
  }

  // Lays the sources over each other: `base`, the configuration file, the environment, the command line.
  Result<Options> resolve(Options base) const {
    if (!config.empty()) {
      if (auto done = apply_file(base, config); !done) return done.error();
    }
    if (auto done = apply_environment(base); !done) return done.error();
    for (const auto& [setting, value] : given_) {
      if (auto done = setting->set(base, value); !done) {
        return Error{ErrorCode::invalid, fmt::format("--{}: {}", setting->name, done.error().message)};
      }
    }
    if (port_) {
      auto endpoint = parse_endpoint("127.0.0.1:" + *port_, base.http);
      if (!endpoint) return Error{ErrorCode::invalid, "--port: " + endpoint.error().message};
      base.http = *endpoint;
    }
    if (!files.empty()) base.files = files;
    return base;
  }

  std::vector<std::string> files{};
  std::string config{};
  std::string app{};
  DatabaseRequest database{};
  DeliveryRequest delivery{};
  CredentialRequest credential{};
  ImportRequest import{};
  TopicRequest topic{};
  GroupRequest group{};
  bool json = false;

  Output output() const { return json ? Output::json : Output::people; }

 private:
  std::vector<std::pair<const Setting*, std::string>> given_{};
  std::optional<std::string> port_{};
};

template <class Run>
int with_options(const CommandLine& line, Options base, Run run) {
  auto options = line.resolve(std::move(base));
  return options ? run(std::move(*options)) : fail(options.error());
}

Options production_defaults() {
  Options options;
  options.playground = false;
  options.introspection = false;
  options.quiet = true;
  return options;
}

struct DatabaseAction {
  const char* name;
  const char* what;
  bool named = true;
  bool limited = false;
};
constexpr DatabaseAction database_actions[] = {
    {"create", "create a database and print its secrets", true, true},
    {"list", "list all databases", false},
    {"show", "show one database"},
    {"limit", "change the limits of a database; 0 takes one away", true, true},
    {"rename", "give a database another name"},
    {"delete", "delete a database with all its keys"},
    {"reset-password", "give a database new secrets; the old ones are refused at once"},
};

void add_database_commands(CLI::App& db, CommandLine& line) {
  db.require_subcommand(1);
  DatabaseRequest& asked = line.database;
  for (const DatabaseAction& action : database_actions) {
    auto* command = db.add_subcommand(action.name, action.what);
    command->callback([&asked, &action] { asked.action = action.name; });
    if (action.named) command->add_option("NAME", asked.name, "the database")->required();
    if (std::string_view(action.name) == "rename") command->add_option("NEW", asked.to, "its new name")->required();
    if (action.limited) {
      command->add_option("--max-size", asked.bytes_max, "of all keys and values, such as 500mb; 0: no limit")
          ->type_name("SIZE");
      command->add_option("--max-request", asked.request_bytes_max, "of one command; 0: no limit")->type_name("SIZE");
      command
          ->add_option("--max-rate", asked.commands_per_second_max,
                       "commands per second, more are delayed; 0: no limit")
          ->type_name("N")
          ->check(CLI::NonNegativeNumber);
      command
          ->add_option("--max-pending", asked.pending_entries_max,
                       "entries that a consumer of a stream has not acknowledged; 0: no limit")
          ->type_name("N")
          ->check(CLI::NonNegativeNumber);
    }
    line.add_data(*command);
    command->add_flag("--json", line.json, "print JSON");
  }
}

struct CredentialAction {
  const char* name;
  const char* what;
  bool named = true;
};
constexpr CredentialAction credential_actions[] = {
    {"create", "create a credential and print its password, this once"},
    {"list", "list all credentials but the default one, which millrace env prints", false},
    {"show", "show what a credential may do"},
    {"delete", "delete a credential; it is refused at once"},
};

void add_credential_commands(CLI::App& credential, CommandLine& line) {
  credential.require_subcommand(1);
  CredentialRequest& asked = line.credential;
  for (const CredentialAction& action : credential_actions) {
    auto* command = credential.add_subcommand(action.name, action.what);
    command->callback([&asked, &action] { asked.action = action.name; });
    if (action.named) command->add_option("NAME", asked.name, "the credential")->required();
    if (std::string_view(action.name) == "create") {
      command->add_option("--topics", asked.topics, "a topic, or the beginning of topics and a star: 'users.*' [*]")
          ->type_name("PATTERN");
      command->add_option("--permissions", asked.permissions, "ALL, PRODUCE or CONSUME [ALL]")->type_name("WORD");
    }
    line.add_data(*command);
    command->add_flag("--json", line.json, "print JSON");
  }
}

void add_import_command(CLI::App& db, CommandLine& line) {
  ImportRequest& asked = line.import;
  auto* command = db.add_subcommand("import", "copy a database in from any Redis or Upstash URL");
  command->footer(
      "URL is one of\n"
      "  redis://USER:PASSWORD@HOST:PORT/INDEX    rediss:// with TLS\n"
      "  https://HOST --token TOKEN               Redis over REST, or https://:TOKEN@HOST\n\n"
      "The database is created when there is none of that name. Keys keep their types and times of expiry.");
  command->add_option("NAME", asked.name, "the database to copy to")->required();
  command->add_option("URL", asked.url, "where to copy from")->required();
  command->add_option("--token", asked.token, "the token of a REST URL, or the password")->type_name("TOKEN");
  auto* merge = command->add_flag("--merge", asked.merge, "keep the keys that are there, add the others");
  command->add_flag("--replace", asked.replace, "overwrite keys of the same names")->excludes(merge);
  line.add_data(*command);
  command->add_flag("--json", line.json, "print JSON lines");
}

struct TopicAction {
  const char* name;
  const char* what;
};
constexpr TopicAction topic_actions[] = {
    {"create", "create a topic"},
    {"list", "list all topics"},
    {"show", "show one topic and its partitions"},
    {"alter", "change what a topic keeps, or give it more partitions"},
    {"delete", "delete a topic with all its records"},
    {"read", "print the records of a topic"},
    {"write", "append records: VALUE, or each line of standard input"},
    {"export", "write all records as lines of JSON"},
    {"import", "append records from lines of JSON"},
};

void add_topic_settings(CLI::App& command, TopicRequest& asked, bool created) {
  command.add_option("--partitions", asked.partitions, "how many; they can only become more [1]")->type_name("N");
  command.add_option("--retention", asked.retention, "how long records are kept: 7d, 12h, or unlimited [unlimited]")
      ->type_name("TIME");
  command
      .add_option("--retention-size", asked.retention_size,
                  "how much each partition keeps: 1gb, or unlimited [unlimited]")
      ->type_name("SIZE");
  command
      .add_option("--cleanup", asked.cleanup, "delete what is old, or compact to the last record of each key [delete]")
      ->type_name("POLICY")
      ->check(CLI::IsMember({"delete", "compact"}));
  command.add_option("--max-record", asked.record_bytes_max, "the largest record [1mb]")->type_name("SIZE");
  command.add_flag_callback(
      "--expire-unread", [&asked] { asked.unread_expires = true; },
      "remove also what a projection, group or checkpoint has yet to read");
  if (created) {
    command.add_option("--first-offset", asked.first_offset, "where offsets begin [0]")->type_name("N");
    return;
  }
  command
      .add_option("--notify", asked.notify,
                  "make each new record a message to the endpoints of this URL group; nobody: not any more")
      ->type_name("GROUP");
  command.add_flag_callback(
      "--keep-unread", [&asked] { asked.unread_expires = false; }, "take --expire-unread back");
}

void add_topic_record_options(CLI::App& command, std::string_view action, TopicRequest& asked) {
  if (action == "read") {
    command.add_option("--from", asked.from, "an OFFSET, a TIME (2024-05-01T12:00:00Z), earliest or latest [earliest]")
        ->type_name("PLACE");
    command.add_option("--limit", asked.limit, "no more records than this")->type_name("N")->check(CLI::PositiveNumber);
    command.add_flag("--follow", asked.follow, "go on with records as they come");
  }
  if (action == "write") {
    command.add_option("VALUE", asked.value, "the record's value");
    command.add_option("--header", asked.headers, "may be repeated")->type_name("NAME=VALUE");
  }
  if (action == "read" || action == "write") {
    command.add_option("--key", asked.key, "the record's key")->type_name("KEY");
    command.add_option("--partition", asked.partition, "the partition")->type_name("N");
  }
  if (action == "export" || action == "import") {
    command.add_option("FILE", asked.file, "the file; - is standard input or output [-]");
  }
}

void add_topic_commands(CLI::App& topic, CommandLine& line) {
  topic.require_subcommand(1);
  TopicRequest& asked = line.topic;
  for (const TopicAction& action : topic_actions) {
    std::string_view name = action.name;
    auto* command = topic.add_subcommand(action.name, action.what);
    command->callback([&asked, &action] { asked.action = action.name; });
    if (name != "list") command->add_option("NAME", asked.name, "the topic")->required();
    if (name == "create" || name == "alter") add_topic_settings(*command, asked, name == "create");
    if (name == "delete") command->add_flag("--in-use", asked.in_use, "also when an app uses it");
    add_topic_record_options(*command, name, asked);
    line.add_data(*command);
    if (name != "export" && name != "import") command->add_flag("--json", line.json, "print JSON");
  }
}

struct DeliveryAction {
  const char* kind;
  const char* name;
  const char* what;
  const char* target = nullptr;  // what its last word is
  bool grouped = false;          // a group comes before it
  bool sends = false;            // takes a body and headers
};
constexpr DeliveryAction delivery_actions[] = {
    {"endpoint", "list", "list all URL groups with their endpoints"},
    {"endpoint", "add", "add an endpoint to a group, which is made when it is not there", "URL", true},
    {"endpoint", "remove", "take an endpoint out of a group; the group goes with its last", "URL-OR-NAME", true},
    {"message", "publish", "send a message to a URL or a group", "DESTINATION", false, true},
    {"message", "list", "list the messages that are not finished"},
    {"message", "show", "show a message and each attempt to deliver it", "ID"},
    {"message", "cancel", "cancel a message", "ID"},
    {"message", "dead", "list the dead letters, the oldest first"},
    {"message", "retry", "send a dead letter again", "DEAD-LETTER"},
    {"schedule", "create", "send a message again and again", "DESTINATION", false, true},
    {"schedule", "list", "list all schedules"},
    {"schedule", "show", "show a schedule", "ID"},
    {"schedule", "pause", "let a schedule miss its times until it is resumed", "ID"},
    {"schedule", "resume", "let a paused schedule go on", "ID"},
    {"schedule", "delete", "delete a schedule; its messages stay", "ID"},
};

void add_delivery_command(CLI::App& parent, const DeliveryAction& action, CommandLine& line) {
  DeliveryRequest& asked = line.delivery;
  auto* command = parent.add_subcommand(action.name, action.what);
  command->callback([&asked, &action] {
    asked.kind = action.kind;
    asked.action = action.name;
  });
  std::string_view name = action.name;
  if (action.grouped) command->add_option("GROUP", asked.group, "the URL group")->required();
  if (action.target != nullptr) command->add_option(action.target, asked.target)->required();
  if (name == "add") command->add_option("--name", asked.name, "its name in the group")->type_name("NAME");
  if (name == "create") {
    command->add_option("--cron", asked.cron, "when, such as '0 9 * * 1'")->required()->type_name("CRON");
    command->add_option("--id", asked.name, "its id; one of the same id is replaced")->type_name("ID");
  }
  if (action.sends) {
    command->add_option("--body", asked.body, "the body")->type_name("TEXT");
    command->add_option("--header", asked.headers, "a header, such as 'upstash-delay: 10s'")->type_name("HEADER");
  }
  line.add_data(*command);
  command->add_flag("--json", line.json, "print JSON");
}

void add_delivery_commands(CLI::App& program, CommandLine& line) {
  CLI::App* parents[] = {program.add_subcommand("endpoint", "URL groups: who gets the messages to a topic"),
                         program.add_subcommand("message", "publish messages, and see what became of them"),
                         program.add_subcommand("schedule", "messages that are sent again and again")};
  for (CLI::App* parent : parents) {
    parent->require_subcommand(1);
    for (const DeliveryAction& action : delivery_actions) {
      if (parent->get_name() == action.kind) add_delivery_command(*parent, action, line);
    }
  }
}

void add_group_commands(CLI::App& group, CommandLine& line) {
  group.require_subcommand(1);
  GroupRequest& asked = line.group;
  for (auto [name, what] : {std::pair{"list", "list the groups that have committed something"},
                            std::pair{"show", "show what a group has committed, and how far it is behind"},
                            std::pair{"delete", "forget what a group without live instances has committed"}}) {
    auto* command = group.add_subcommand(name, what);
    command->callback([&asked, name = name] { asked.action = name; });
    if (std::string_view(name) != "list") command->add_option("NAME", asked.name, "the group")->required();
    line.add_data(*command);
    command->add_flag("--json", line.json, "print JSON");
  }
}

int run(int count, char** arguments) {
  CLI::App program{
      "millrace: event-sourced backends in one binary.\n\nA GraphQL file says which mutation appends which "
      "event and how events become state; millrace serves it."};
  program.set_version_flag("--version", "millrace " MILLRACE_VERSION);
  program.require_subcommand(1);
  program.get_formatter()->column_width(34);
  CommandLine line;

  auto* dev = program.add_subcommand("dev", "serve schema files for development, on this machine only");
  dev->add_option("FILE", line.files, "schema files; without one the to-do list is served");
  line.add_settings(*dev);
  line.add_port(*dev);

  auto* serve = program.add_subcommand("serve", "serve in production, as a configuration file says");
  serve->add_option("--config", line.config, "the configuration file (TOML)")->required()->type_name("FILE");
  line.add_settings(*serve);

  auto* env = program.add_subcommand("env", "print what applications need, as NAME=value lines");
  line.add_data(*env);
  env->add_flag("--json", line.json, "print JSON");

  env->add_option("--db", line.database.name, "the database; without it the default one")->type_name("NAME");

  auto* db = program.add_subcommand("db", "create, list and change databases of the store");
  add_database_commands(*db, line);
  add_import_command(*db, line);

  auto* topic = program.add_subcommand("topic", "create, list, change, read and move topics of the event log");
  add_topic_commands(*topic, line);

  auto* group = program.add_subcommand("group", "show how far consumers of the event log have come");
  add_group_commands(*group, line);

  auto* credential = program.add_subcommand("credential", "say who may use the event log");
  add_credential_commands(*credential, line);

  add_delivery_commands(program, line);

  auto* check = program.add_subcommand("check", "say what is wrong with a schema file, and what to do about it");
  check->add_option("FILE", line.files, "the schema file")->required()->expected(1);
  check->add_flag("--json", line.json, "print JSON");

  auto* explain = program.add_subcommand("explain", "print a schema file with all that was inferred spelt out");
  explain->add_option("FILE", line.files, "the schema file")->required()->expected(1);

  auto* rebuild = program.add_subcommand("rebuild", "build the projection again from the log, beside the old one");
  rebuild->add_option("FILE", line.files, "the schema files that are served; without one the to-do list");
  rebuild->add_option("--app", line.app, "which of several apps: its file's name without .graphql");
  line.add_data(*rebuild);
  rebuild->add_flag("--json", line.json, "print JSON lines");

  try {
    program.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? 0 : 2;
  }
  if (*dev) return with_options(line, {}, run_dev);
  if (*serve) return with_options(line, production_defaults(), run_serve);
  if (*env) {
    return with_options(line, {},
                        [&](const Options& options) { return run_env(options, line.database.name, line.output()); });
  }
  if (*db) {
    return with_options(line, {}, [&](const Options& options) {
      return line.import.url.empty() ? run_db(options, line.database, line.output())
                                     : run_import(options, line.import, line.output());
    });
  }
  if (*topic) {
    return with_options(line, {},
                        [&](const Options& options) { return run_topic(options, line.topic, line.output()); });
  }
  if (*group) {
    return with_options(line, {},
                        [&](const Options& options) { return run_group(options, line.group, line.output()); });
  }
  if (*credential) {
    return with_options(
        line, {}, [&](const Options& options) { return run_credential(options, line.credential, line.output()); });
  }
  if (!line.delivery.kind.empty()) {
    return with_options(line, {},
                        [&](const Options& options) { return run_delivery(options, line.delivery, line.output()); });
  }
  if (*check) return run_check(line.files.front(), line.output());
  if (*explain) return run_explain(line.files.front());
  return with_options(line, {}, [&](const Options& options) { return run_rebuild(options, line.app, line.output()); });
}

}  // namespace
}  // namespace millrace::server

int main(int count, char** arguments) {
  try {
    return millrace::server::run(count, arguments);
  } catch (const std::exception& problem) {
    millrace::server::print_problem(std::string("millrace: ") + problem.what());
    return 1;
  }
}
