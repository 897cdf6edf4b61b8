#pragma once

// What `millrace dev` tells of each event: it was saved, what it changed, where the projection now stands. Lines go to
// standard output, one step each.

#include "app/projector.h"

namespace millrace::server {

void print_steps(const app::Projected& projected);

// The lines, without line ends. Pure.
std::vector<std::string> steps_of(const app::Projected& projected);

}  // namespace millrace::server
