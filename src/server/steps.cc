#include "server/steps.h"

#include <fmt/format.h>

#include "server/progress.h"

namespace millrace::server {
namespace {

std::string_view outcome(app::Operation operation) {
  switch (operation) {
    case app::Operation::create: return "created";
    case app::Operation::update: return "updated";
    case app::Operation::remove: return "deleted";
  }
  return {};
}

}  // namespace

std::vector<std::string> steps_of(const app::Projected& projected) {
  std::string next = fmt::format("offset now {}", projected.offset + 1);
  if (projected.change == nullptr) {
    return {fmt::format("record {} of topic {} skipped: it is no event of {}", projected.offset, projected.topic,
                        projected.model->name),
            next};
  }
  const app::Change& change = *projected.change;
  return {
      fmt::format("event {} saved to topic {} at offset {}", change.kind->name, projected.topic, projected.offset),
      fmt::format("{} {} {}", app::lower_first(change.kind->entity->name), change.id, outcome(change.kind->operation)),
      next};
}

void print_steps(const app::Projected& projected) {
  for (const std::string& step : steps_of(projected)) print_line(step);
}

}  // namespace millrace::server
