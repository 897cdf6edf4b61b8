#pragma once

// The program's sub-commands. Each returns the exit code, having said on standard error what was wrong.

#include <string>

#include "server/options.h"

namespace millrace::server {

enum class Output { people, json };

int run_dev(Options options);
int run_serve(Options options);
int run_env(const Options& options, Output output);
int run_check(const std::string& file, Output output);
int run_explain(const std::string& file);
int run_rebuild(const Options& options, const std::string& app, Output output);

// One line that says what is wrong; the exit code for it.
int fail(const Error& error);

}  // namespace millrace::server
