#pragma once

// How the program's sub-commands reach the data: the server that holds the folder answers when one runs, else the
// folder is opened here. Requests and answers are JSON.

#include <functional>
#include <optional>
#include <string>

#include "base/async.h"
#include "base/result.h"
#include "server/options.h"

namespace millrace::server {

class Backend;
struct Credentials;

using Answer = Result<std::string>;

// What the server that holds the data answers at `path`; nothing when none does.
std::optional<Answer> ask_server(const Options& options, const std::string& path, const std::string& request);

// Opens the data folder and lets `answer` have it.
using Answering = std::function<Async<Answer>(Backend& backend, const Credentials& credentials)>;
Answer ask_folder(Options options, const Answering& answer);

}  // namespace millrace::server
