#pragma once

// How the program's sub-commands reach the data: the server that holds the folder answers when one runs, else the
// folder is opened here; and how they show what it answered. Requests and answers are JSON.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/async.h"
#include "base/result.h"
#include "server/commands/commands.h"
#include "server/options.h"

namespace millrace {
class JsonValue;
}

namespace millrace::server {

class Backend;
struct Credentials;

using Answer = Result<std::string>;

// What the server that holds the data answers at `path`; nothing when none does.
std::optional<Answer> ask_server(const Options& options, const std::string& path, const std::string& request);

// Opens the data folder and lets `answer` have it.
using Answering = std::function<Async<Answer>(Backend& backend, const Credentials& credentials)>;
Answer ask_folder(Options options, const Answering& answer);

// The answer as it is to programs, and as `print` does it to people.
void show(const std::string& answer, Output output, void (*print)(const JsonValue& root));

// What stands in an answer under that name; 0 or no text where nothing does.
std::uint64_t number_in(const JsonValue& object, std::string_view name);
std::string text_in(const JsonValue& object, std::string_view name);

}  // namespace millrace::server
