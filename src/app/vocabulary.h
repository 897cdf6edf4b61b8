#pragma once

// The directives, enums and scalars that an app's schema file may use without declaring them, and which of them this
// version runs. They are no part of the public schema: neither introspection nor the printed SDL shows them.

#include <string_view>

namespace millrace::app {

// The definitions as SDL.
extern const std::string_view vocabulary_sdl;

// Whether this version runs the vocabulary's directive of that name; the others are known, and refused with a message
// that says so.
bool directive_runs(std::string_view name);

}  // namespace millrace::app
