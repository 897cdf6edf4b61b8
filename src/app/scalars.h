#pragma once

// How values of the vocabulary's scalars are read: DateTime is an RFC 3339 time, kept in UTC with milliseconds; Point
// is {lat, lon} in degrees.

#include <span>

#include "graphql/schema/build.h"

namespace millrace::app {

std::span<const graphql::ScalarBinding> scalar_bindings();

}  // namespace millrace::app
