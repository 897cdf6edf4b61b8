#pragma once

// A schema file with everything that was inferred spelt out, and for each mutation what it writes, for each query what
// it reads. Itself a schema file that means the same. Pure.

#include <string>

#include "app/model.h"

namespace millrace::app {

std::string explain(const Model& model);

}  // namespace millrace::app
