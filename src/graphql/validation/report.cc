#include "graphql/validation/report.h"

#include <algorithm>
#include <utility>

namespace millrace::graphql {
namespace {

std::string joined(Report::Message parts) {
  std::string text;
  for (auto part : parts) text += part;
  return text;
}

// A location that is still a byte offset.
struct Unlocated {
  std::uint32_t offset = 0;
  SourceLocation* location = nullptr;
};

// Finds all of them in one pass over the text.
void locate_all(std::string_view text, std::vector<Unlocated>& wanted) {
  std::ranges::sort(wanted, {}, &Unlocated::offset);
  std::uint32_t from = 0;
  SourceLocation at{};
  for (auto& [offset, location] : wanted) {
    auto step = locate(text.substr(from), offset - from);
    at = {at.line + step.line - 1, step.line == 1 ? at.column + step.column - 1 : step.column};
    from = offset;
    *location = at;
  }
}

}  // namespace

void Report::push(std::uint32_t order, Message message, Offsets offsets, GraphqlErrorCode code) {
  problems_.push_back({order, code, joined(message), {offsets.begin(), offsets.end()}});
}

void Report::add(Message message, Offsets offsets, GraphqlErrorCode code) {
  if (added_++ <= errors_max_) push(current_, message, offsets, code);
}

void Report::add_at(Place place, Message message, Offsets offsets) {
  if (std::exchange(place_, place) != place) at_place_ = 0;
  if (at_place_++ >= enough()) return;
  ++added_later_;
  push(place, message, offsets, GraphqlErrorCode::graphql_validation_failed);
}

void Report::abort_at(Place place) {
  aborted_at_ = std::min(aborted_at_, place);
  push(place, {"The document is too complex to be checked."}, {}, GraphqlErrorCode::limit_exceeded);
}

std::vector<GraphqlError> Report::finish() {
  std::ranges::stable_sort(problems_, {}, &Problem::order);
  std::erase_if(problems_, [&](auto& problem) { return problem.order > aborted_at_; });
  if (problems_.size() > errors_max_) {
    problems_.resize(errors_max_);
    push(0, {"There are more errors than these."}, {}, GraphqlErrorCode::graphql_validation_failed);
  }

  std::vector<GraphqlError> errors(problems_.size());
  std::vector<Unlocated> wanted;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    auto& problem = problems_[i];
    errors[i].message = std::move(problem.message);
    errors[i].code = problem.code;
    errors[i].locations.resize(problem.offsets.size());
    for (std::size_t j = 0; j < problem.offsets.size(); ++j)
      wanted.push_back({problem.offsets[j], &errors[i].locations[j]});
  }
  locate_all(text_, wanted);
  return errors;
}

}  // namespace millrace::graphql
