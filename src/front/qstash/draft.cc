#include "front/qstash/draft.h"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::front {
namespace {

bool has_header(const std::vector<net::HttpHeader>& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& each) { return net::equal_ignoring_case(each.name, name); });
}

// Appends what is not among `headers` yet. `more` outlives them.
void add_defaults(const delivery::Headers& more, std::vector<net::HttpHeader>& headers) {
  std::vector<net::HttpHeader> added;
  for (const auto& [name, value] : more) {
    if (!has_header(headers, name)) added.push_back({name, value});
  }
  headers.insert(headers.end(), added.begin(), added.end());
}

}  // namespace

Async<Result<Draft>> make_draft(delivery::Delivery& delivery, DraftInput input, KnownGroups& groups) {
  auto destination = read_destination(input.destination, input.query);
  if (!destination) co_return destination.error();
  add_defaults(destination->headers, input.headers);
  std::string name = destination->destination.group;
  if (!name.empty()) {
    auto known = groups.find(name);
    if (known == groups.end()) {
      auto found = co_await delivery.group(name);
      known = groups.emplace(name, std::move(found)).first;
    }
    const Result<delivery::UrlGroup>& group = known->second;
    if (!group && group.error().code == ErrorCode::not_found) co_return no_such_destination();
    if (!group) co_return group.error();
    if (group->endpoints.empty()) co_return Error{ErrorCode::invalid, fmt::format("topic {} has no endpoints", name)};
    destination->destination.group = group->name;
    add_defaults(group->headers, input.headers);
  }
  auto options = read_publish_options(input.headers, input.reading);
  if (!options) co_return options.error();
  Draft draft{.cron = std::move(options->cron),
              .schedule_id = std::move(options->schedule_id),
              .schedule_queue = std::move(options->queue),
              .schedule_delay = options->delay.value_or(std::chrono::milliseconds(0))};
  draft.request.destination = std::move(destination->destination);
  draft.request.content.body = std::string(input.body);
  draft.request.content.caller_address = std::move(input.caller_address);
  apply(std::move(*options), draft.request);
  co_return draft;
}

delivery::ScheduleRequest schedule_of(Draft draft) {
  return {.id = std::move(draft.schedule_id),
          .destination = std::move(draft.request.destination),
          .cron = std::move(draft.cron),
          .content = std::move(draft.request.content),
          .queue = std::move(draft.schedule_queue),
          .delay = draft.schedule_delay};
}

}  // namespace millrace::front
