// db import: a database copied in from any server of the Redis protocol or of its REST form.

#include <chrono>
#include <csignal>
#include <fmt/format.h>

#include "base/json_writer.h"
#include "server/commands/commands.h"
#include "server/import/copy.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

// Bytes of a key as a line can show them.
std::string shown(std::string_view bytes) {
  std::string text;
  append_json_string_repaired(text, bytes);
  return text;
}

// Shows how the copy goes on, and what came of it.
class Display {
 public:
  Display(const ImportRequest& asked, Output output) : asked_(asked), output_(output) {}

  void progress(const CopyReport& report) {
    if (output_ == Output::people) return bar_.show(report.done(), std::max(report.keys_total, report.done()));
    auto now = std::chrono::steady_clock::now();
    if (now - shown_ < std::chrono::milliseconds(500)) return;
    shown_ = now;
    print_json(report, "", false);
  }

  int finish(const CopyReport& report, const Result<void>& outcome, bool created) {
    bar_.finish();
    if (output_ == Output::json) {
      print_json(report, outcome ? std::string() : outcome.error().message, true);
    } else {
      print_report(report, created);
    }
    if (!outcome) return stopped(report, outcome.error());
    if (report.failed == 0) return 0;
    return fail({ErrorCode::invalid,
                 fmt::format("{} of {} keys could not be copied: the first was {}: {}", report.failed, report.done(),
                             shown(report.failures.front().key), report.failures.front().reason)});
  }

 private:
  static int stopped(const CopyReport& report, Error error) {
    if (report.done() > 0 && error.code == ErrorCode::unavailable)
      error.message += "; --merge goes on where it stopped";
    return fail(error);
  }

  void print_report(const CopyReport& report, bool created) const {
    std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun_;
    if (created) fmt::print("database '{}' is created\n", asked_.name);
    fmt::print("{} keys were copied in {:.1f} s\n", grouped(report.copied), spent.count());
    if (report.kept > 0) fmt::print("{} keys were here already and stay as they are\n", grouped(report.kept));
    if (report.gone > 0) fmt::print("{} keys were deleted or expired meanwhile\n", grouped(report.gone));
    if (report.failed > 0) fmt::print("{} keys could not be copied:\n", grouped(report.failed));
    for (const CopyFailure& failure : report.failures) fmt::print("  {}  {}\n", shown(failure.key), failure.reason);
    if (report.failed > report.failures.size()) fmt::print("  …\n");
    if (created) fmt::print("\nfor an application's .env file: millrace env --db {}\n", asked_.name);
  }

  void print_json(const CopyReport& report, const std::string& error, bool done) const {
    std::string line;
    JsonWriter json(line);
    json.open_object();
    if (done) json.key("done").boolean(error.empty());
    for (const auto& [name, number] : {std::pair{"keys_total", report.keys_total},
                                       {"copied", report.copied},
                                       {"kept", report.kept},
                                       {"gone", report.gone},
                                       {"failed", report.failed}}) {
      json.key(name).integer(static_cast<std::int64_t>(number));
    }
    if (done) {
      json.key("failures").open_array();
      for (const CopyFailure& failure : report.failures) {
        json.open_object().key("key").raw(shown(failure.key)).key("reason").raw(shown(failure.reason)).close_object();
      }
      json.close_array();
    }
    if (!error.empty()) json.key("error").string(error);
    json.close_object();
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

  const ImportRequest& asked_;
  Output output_;
  ProgressBar bar_{"importing", "keys"};
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = begun_;
};

// Whether the database had to be made.
Result<bool> have_database(const Options& options, const std::string& name) {
  auto there = ask_about_databases(options, {.action = "show", .name = name});
  if (there) return false;
  if (there.error().code != ErrorCode::not_found) return there.error();
  auto made = ask_about_databases(options, {.action = "create", .name = name});
  if (!made) return made.error();
  return true;
}

}  // namespace

int run_import(const Options& options, const ImportRequest& asked, Output output) {
  signal(SIGPIPE, SIG_IGN);  // a connection that has ended is told by the call that writes
  auto address = parse_source(asked.url, asked.token);
  if (!address) return fail(address.error());
  auto source = address->rest ? open_rest(*address) : open_resp(*address);
  if (!source) return fail(source.error());
  auto created = have_database(options, asked.name);
  if (!created) return fail(created.error());
  auto target = open_own(options, asked.name);
  if (!target) return fail(target.error());
  Display display(asked, output);
  Existing existing = asked.replace ? Existing::replace : asked.merge ? Existing::keep : Existing::refuse;
  Copy copy(**source, **target, existing, [&](const CopyReport& report) { display.progress(report); });
  auto outcome = copy.run();
  return display.finish(copy.report(), outcome, *created);
}

}  // namespace millrace::server
