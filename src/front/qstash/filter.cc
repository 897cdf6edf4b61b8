#include "front/qstash/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "base/json.h"
#include "net/http.h"

namespace millrace::front {
namespace {

using delivery::Filter;
using Texts = std::vector<std::string>;

constexpr std::size_t values_max = 10'000;  // of one field: ten times what a page holds

struct Field {
  std::string_view name{};
  Texts Filter::*member = nullptr;
};
constexpr std::array<Field, 16> fields = {{
    {"messageId", &Filter::message_ids},
    {"messageIds", &Filter::message_ids},
    {"dlqId", &Filter::dead_letter_ids},
    {"dlqIds", &Filter::dead_letter_ids},
    {"url", &Filter::urls},
    {"host", &Filter::hosts},
    {"path", &Filter::paths},
    {"topicName", &Filter::groups},
    {"urlGroup", &Filter::groups},
    {"endpointName", &Filter::endpoints},
    {"queueName", &Filter::queues},
    {"scheduleId", &Filter::schedules},
    {"callerIp", &Filter::caller_addresses},
    {"callerIP", &Filter::caller_addresses},
    {"label", &Filter::labels},
    {"flowControlKey", &Filter::flow_control_keys},
}};

// Said by clients and without a meaning here.
constexpr std::array<std::string_view, 3> ignored = {"api", "groupBy", "trimBody"};

Error invalid(std::string_view field, std::string_view value) {
  return {ErrorCode::invalid, fmt::format("invalid {}: '{}'", field, value)};
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = fault == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(number) : std::nullopt;
}

// A URL may hold commas itself: only one that another URL follows separates.
std::size_t next_separator(std::string_view field, std::string_view list) {
  if (field == "path") return std::string_view::npos;
  if (field != "url") return list.find(',');
  return std::min(list.find(",http://"), list.find(",https://"));
}

void add_list(std::string_view field, std::string_view list, Texts& values) {
  while (!list.empty()) {
    auto end = next_separator(field, list);
    if (std::string_view value = list.substr(0, end); !value.empty()) values.emplace_back(value);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
}

Result<void> add_states(std::string_view list, Filter& filter) {
  Texts names;
  add_list("state", list, names);
  for (const std::string& name : names) {
    if (net::equal_ignoring_case(name, "IN_PROGRESS")) {
      filter.states.insert(filter.states.end(),
                           {delivery::State::active, delivery::State::retry, delivery::State::error});
    } else if (auto state = delivery::state_from(name)) {
      filter.states.push_back(*state);
    } else {
      return invalid("state", name);
    }
  }
  return {};
}

// Whether the field was one of these.
Result<bool> read_other(std::string_view name, const std::string& value, const SelectionRules& rules, Selection& read) {
  if (name == "fromDate" || name == "toDate") {
    auto time = to_integer(value);
    if (!time || *time < 0 || *time > 253'402'300'799'999) return invalid(name, value);
    (name == "fromDate" ? read.filter.from : read.filter.to) = Timestamp(std::chrono::milliseconds(*time));
  } else if (name == "state") {
    if (auto added = add_states(value, read.filter); !added) return added.error();
  } else if (name == "responseStatus") {
    Texts statuses;
    add_list(name, value, statuses);
    for (const std::string& text : statuses) {
      auto status = to_integer(text);
      if (!status || *status < 0 || *status > 999) return invalid(name, text);
      read.filter.response_statuses.push_back(static_cast<int>(*status));
    }
  } else if (name == "count") {
    auto count = to_integer(value);
    if (!count || *count < 1) return invalid(name, value);
    read.page.count = std::min(static_cast<std::size_t>(*count), rules.count_max);
    read.count_given = true;
  } else if (name == "cursor") {
    read.page.cursor = value;
  } else if (name == "order") {
    bool latest = net::equal_ignoring_case(value, "latestFirst");
    if (!latest && !net::equal_ignoring_case(value, "earliestFirst")) return invalid(name, value);
    read.page.order = latest ? delivery::Order::latest_first : delivery::Order::earliest_first;
  } else {
    return std::ranges::find(ignored, name) != ignored.end();
  }
  return true;
}

}  // namespace

bool Selection::everything() const {
  return filter == Filter{} && page.cursor.empty() && !count_given;
}

Result<Selection> read_selection(std::string_view query, SelectionRules rules) {
  Selection read;
  read.page.count = rules.count_default;
  read.page.order = rules.order;
  for (const auto& [name, value] : net::parse_query(query)) {
    if (value.empty() && rules.strict) return Error{ErrorCode::invalid, fmt::format("invalid {}: it is empty", name)};
    if (value.empty()) continue;
    auto field = std::ranges::find(fields, name, &Field::name);
    bool allowed = rules.host_and_path || (name != "host" && name != "path");
    if (field != fields.end() && allowed) {
      add_list(name, value, read.filter.*field->member);
      if ((read.filter.*field->member).size() > values_max) {
        return Error{ErrorCode::invalid, fmt::format("invalid {}: it has more than {} values", name, values_max)};
      }
      continue;
    }
    auto known = read_other(name, value, rules, read);
    if (!known) return known.error();
    if (!*known && rules.strict) return Error{ErrorCode::invalid, fmt::format("unknown filter: {}", name)};
  }
  return read;
}

Result<void> add_ids(std::string_view body, Selection& selection) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  auto document = JsonDocument::parse(body);
  if (!document) return document.error();
  if (!document->root().is_object()) return Error{ErrorCode::invalid, "the body is no JSON object"};
  for (const JsonMember& member : document->root().members()) {
    Texts* ids = nullptr;
    if (member.name == "messageIds") ids = &selection.filter.message_ids;
    if (member.name == "dlqIds") ids = &selection.filter.dead_letter_ids;
    if (ids == nullptr) return Error{ErrorCode::invalid, fmt::format("unknown field: {}", member.name)};
    if (member.value.is_null()) continue;
    if (!member.value.is_array() || member.value.items().size() > values_max) {
      return Error{ErrorCode::invalid, fmt::format("{} is no array of at most {} ids", member.name, values_max)};
    }
    for (const JsonValue& id : member.value.items()) {
      if (!id.is_string()) return Error{ErrorCode::invalid, fmt::format("{} holds what is no id", member.name)};
      ids->emplace_back(id.string());
    }
    // An empty list selects nothing, unlike no list.
    if (member.value.items().empty()) ids->emplace_back();
  }
  return {};
}

}  // namespace millrace::front
