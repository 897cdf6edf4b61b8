#include "front/qstash/publish_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "delivery/cron.h"
#include "delivery/delivery.h"
#include "delivery/duration.h"
#include "delivery/retry_delay.h"
#include "front/qstash/destination.h"

namespace millrace::front {
namespace {

using delivery::Callback;
using delivery::FlowControl;
using net::HttpHeader;

constexpr std::string_view prefix = "upstash-";
constexpr std::size_t key_bytes_max = 1024;         // of flow control and deduplication: they are names, not data
constexpr int callbacks_deep_max = 4;               // a callback's own callbacks, and theirs
constexpr std::size_t labels_max = 64;              // each is an entry of an index
constexpr std::int64_t unix_max = 253'402'300'799;  // the end of the year 9999
constexpr std::chrono::seconds period_max{7 * 24 * 60 * 60};

constexpr std::array<std::string_view, 5> methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};

// Belong to one connection (RFC 9110 section 7.6.1), or are made anew for each.
constexpr std::array<std::string_view, 11> own_headers = {"host",
                                                          "content-length",
                                                          "connection",
                                                          "keep-alive",
                                                          "proxy-connection",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "te",
                                                          "trailer",
                                                          "transfer-encoding",
                                                          "upgrade"};

Error invalid(std::string_view header, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("invalid {}: {}", header, why)};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool starts_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && net::equal_ignoring_case(text.substr(0, start.size()), start);
}

std::vector<std::string_view> list_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    auto end = text.find(',');
    if (auto part = trimmed(text.substr(0, end)); !part.empty()) parts.push_back(part);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = fault == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<int> to_count(std::string_view text, int least) {
  auto number = to_integer(text);
  bool fits = number && *number >= least && *number <= 1'000'000'000;
  return fits ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

bool is_own(std::string_view name) {
  return std::ranges::any_of(own_headers, [&](std::string_view each) { return net::equal_ignoring_case(each, name); });
}

// The headers of one message, each without "upstash-" or, for a callback, without "upstash-callback-".
class Controls {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!value.empty()) fields_.push_back({name, value});
  }

  std::optional<std::string_view> find(std::string_view name) const {
    for (const HttpHeader& field : fields_) {
      if (net::equal_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
  }

  Controls below(std::string_view start) const {
    Controls found;
    for (const HttpHeader& field : fields_) {
      if (starts_ignoring_case(field.name, start)) found.add(field.name.substr(start.size()), field.value);
    }
    return found;
  }

  const std::vector<HttpHeader>& all() const { return fields_; }

 private:
  std::vector<HttpHeader> fields_{};
};

// What a message and a callback have in common.
struct Settings {
  std::optional<std::string> method{};
  std::optional<int> retries{};
  std::optional<std::string> retry_delay{};
  std::optional<std::chrono::seconds> timeout{};
  std::optional<FlowControl> flow_control{};
  std::shared_ptr<const Callback> callback{};
  std::shared_ptr<const Callback> failure_callback{};
};

Result<void> read_method(const Controls& controls, Settings& settings) {
  auto method = controls.find("method");
  if (!method) return {};
  auto known = std::ranges::find_if(methods, [&](auto each) { return net::equal_ignoring_case(each, *method); });
  if (known == methods.end()) {
    return invalid("Upstash-Method", fmt::format("'{}' is none of GET, POST, PUT, PATCH, DELETE", *method));
  }
  settings.method = *known;
  return {};
}

Result<void> read_retries(const Controls& controls, Settings& settings) {
  if (auto retries = controls.find("retries")) {
    settings.retries = to_count(*retries, 0);
    if (!settings.retries)
      return invalid("Upstash-Retries", fmt::format("'{}' is no whole number from 0 on", *retries));
  }
  if (auto expression = controls.find("retry-delay")) {
    auto parsed = delivery::RetryDelayExpression::parse(*expression);
    if (!parsed) return parsed.error();
    settings.retry_delay = *expression;
  }
  if (auto timeout = controls.find("timeout")) {
    auto duration = delivery::parse_duration(*timeout);
    if (!duration) return invalid("Upstash-Timeout", duration.error().message);
    if (duration->count() > 0) settings.timeout = *duration;  // 0: the server's own
  }
  return {};
}

Result<void> read_flow(const Controls& controls, Settings& settings) {
  auto key = controls.find("flow-control-key");
  auto value = controls.find("flow-control-value");
  if (!key && !value) return {};
  if (!key) return invalid("Upstash-Flow-Control-Value", "it needs an Upstash-Flow-Control-Key");
  if (!value) return invalid("Upstash-Flow-Control-Key", "it needs an Upstash-Flow-Control-Value");
  auto flow = read_flow_control(*key, *value);
  if (!flow) return flow.error();
  settings.flow_control = std::move(*flow);
  return {};
}

Result<Settings> read_settings(const Controls& controls, int depth);

void forward(const Controls& controls, delivery::Headers& headers) {
  Controls forwarded = controls.below("forward-");
  for (const HttpHeader& field : forwarded.all()) {
    if (field.name.empty() || is_own(field.name)) continue;
    std::string name = canonical_name(field.name);
    bool typed =
        name == "Content-Type" && std::ranges::any_of(headers, [](auto& each) { return each.first == "Content-Type"; });
    if (!typed) headers.emplace_back(std::move(name), field.value);
  }
}

// `name` is "callback" or "failure-callback".
Result<std::shared_ptr<const Callback>> read_callback(const Controls& controls, std::string_view name, int depth) {
  std::shared_ptr<const Callback> none;
  auto url = controls.find(name);
  if (!url) return none;
  std::string header = "Upstash-" + canonical_name(name);
  if (depth == callbacks_deep_max) return invalid(header, "callbacks of callbacks of callbacks have an end");
  if (auto checked = delivery::check_url(*url); !checked) return invalid(header, checked.error().message);
  Controls own = controls.below(std::string(name) + "-");
  for (std::string_view late : {"delay", "not-before"}) {
    if (own.find(late)) return invalid(header, "a callback cannot be delayed");
  }
  auto settings = read_settings(own, depth + 1);
  if (!settings) return settings.error();
  auto callback = std::make_shared<Callback>();
  callback->url = *url;
  if (settings->method) callback->method = std::move(*settings->method);
  forward(own, callback->headers);
  callback->retries = settings->retries;
  callback->retry_delay = settings->retry_delay.value_or("");
  callback->timeout = settings->timeout;
  callback->flow_control = std::move(settings->flow_control);
  callback->callback = std::move(settings->callback);
  callback->failure_callback = std::move(settings->failure_callback);
  return std::shared_ptr<const Callback>(std::move(callback));
}

Result<Settings> read_settings(const Controls& controls, int depth) {
  Settings settings;
  for (auto read : {read_method, read_retries, read_flow}) {
    if (auto done = read(controls, settings); !done) return done.error();
  }
  auto callback = read_callback(controls, "callback", depth);
  if (!callback) return callback.error();
  settings.callback = std::move(*callback);
  auto failure = read_callback(controls, "failure-callback", depth);
  if (!failure) return failure.error();
  settings.failure_callback = std::move(*failure);
  return settings;
}

Result<void> read_time(const Controls& controls, PublishOptions& options) {
  if (auto delay = controls.find("delay")) {
    auto duration = delivery::parse_duration(*delay);
    if (!duration) return invalid("Upstash-Delay", duration.error().message);
    options.delay = *duration;
  }
  if (auto time = controls.find("not-before")) {
    auto seconds = to_integer(*time);
    if (!seconds || *seconds < 0 || *seconds > unix_max) {
      return invalid("Upstash-Not-Before", fmt::format("'{}' is no time in seconds since 1970", *time));
    }
    options.not_before = Timestamp(std::chrono::seconds(*seconds));
  }
  return {};
}

Result<void> read_deduplication(const Controls& controls, PublishOptions& options) {
  if (auto id = controls.find("deduplication-id")) {
    if (id->find(':') != std::string_view::npos) {
      return Error{ErrorCode::invalid, "DeduplicationId cannot contain ':'"};
    }
    if (id->size() > key_bytes_max) return invalid("Upstash-Deduplication-Id", "it is longer than 1024 bytes");
    options.deduplication_id = *id;
  }
  if (auto by_content = controls.find("content-based-deduplication")) {
    options.deduplicate_content = net::equal_ignoring_case(*by_content, "true");
  }
  return {};
}

Result<void> read_labels(const Controls& controls, PublishOptions& options) {
  auto label = controls.find("label");
  if (!label) return {};
  auto parts = list_of(*label);
  if (parts.size() > labels_max) return invalid("Upstash-Label", fmt::format("there are more than {}", labels_max));
  options.labels = std::vector<std::string>(parts.begin(), parts.end());
  return {};
}

// "body", "header", "headers", "header[Name]", "headers[Name]".
Result<void> read_redaction(const Controls& controls, PublishOptions& options) {
  auto fields = controls.find("redact-fields");
  if (!fields) return {};
  delivery::Redaction redaction;
  for (std::string_view field : list_of(*fields)) {
    auto open = field.find('[');
    std::string_view kind = field.substr(0, open);
    bool headers = net::equal_ignoring_case(kind, "header") || net::equal_ignoring_case(kind, "headers");
    if (net::equal_ignoring_case(field, "body")) {
      redaction.body = true;
    } else if (headers && open == std::string_view::npos) {
      redaction.headers = true;
    } else if (headers && field.ends_with(']') && field.size() > open + 2) {
      redaction.header_names.push_back(canonical_name(trimmed(field.substr(open + 1, field.size() - open - 2))));
    } else {
      return invalid("Upstash-Redact-Fields", fmt::format("'{}' is none of body, header, header[Name]", field));
    }
  }
  options.redaction = std::move(redaction);
  return {};
}

Result<void> read_schedule(const Controls& controls, PublishOptions& options) {
  if (auto cron = controls.find("cron")) {
    auto parsed = delivery::CronSchedule::parse(*cron);
    if (!parsed) return parsed.error();
    options.cron = parsed->text();
  }
  if (auto id = controls.find("schedule-id")) {
    if (!is_name(*id)) return invalid("Upstash-Schedule-Id", "it may hold A-Z a-z 0-9 . _ - only");
    options.schedule_id = *id;
  }
  if (auto queue = controls.find("queue-name")) {
    if (!is_name(*queue)) return invalid("Upstash-Queue-Name", "it may hold A-Z a-z 0-9 . _ - only");
    options.queue = *queue;
  }
  return {};
}

// All headers of the request that may go on and are not in `headers` yet.
void forward_all(std::span<const HttpHeader> all, HeaderReading reading, delivery::Headers& headers) {
  delivery::Headers more;
  for (const HttpHeader& field : all) {
    bool ours = reading.authorization_ours && net::equal_ignoring_case(field.name, "authorization");
    if (ours || is_own(field.name) || starts_ignoring_case(field.name, prefix)) continue;
    std::string name = canonical_name(field.name);
    bool there = std::ranges::any_of(headers, [&](auto& each) { return each.first == name; });
    if (!there) more.emplace_back(std::move(name), field.value);
  }
  headers.insert(headers.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::string canonical_name(std::string_view name) {
  std::string canonical(name);
  bool first = true;
  for (char& c : canonical) {
    if (first && c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    if (!first && c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    first = c == '-';
  }
  return canonical;
}

bool is_header(std::string_view name, std::string_view value) {
  auto token = [](char c) {
    bool word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return word || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  auto visible = [](char c) { return (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f; };
  return !name.empty() && std::ranges::all_of(name, token) && std::ranges::all_of(value, visible);
}

Result<FlowControl> read_flow_control(std::string_view key, std::string_view value) {
  constexpr std::string_view header = "Upstash-Flow-Control-Value";
  if (key.size() > key_bytes_max) return invalid("Upstash-Flow-Control-Key", "it is longer than 1024 bytes");
  FlowControl flow{.key = std::string(key)};
  for (std::string_view part : list_of(value)) {
    auto equals = part.find('=');
    if (equals == std::string_view::npos) return invalid(header, fmt::format("'{}' has no =", part));
    std::string_view name = trimmed(part.substr(0, equals));
    std::string_view text = trimmed(part.substr(equals + 1));
    if (net::equal_ignoring_case(name, "period")) {
      auto period = delivery::parse_duration(text);
      if (!period) return invalid(header, period.error().message);
      if (period->count() < 1 || *period > period_max) return invalid(header, "the period is from 1 second to 1 week");
      flow.period = *period;
      continue;
    }
    bool parallelism = net::equal_ignoring_case(name, "parallelism");
    if (!parallelism && !net::equal_ignoring_case(name, "rate")) {
      return invalid(header, fmt::format("'{}' is none of parallelism, rate, period", name));
    }
    auto count = to_count(text, 1);
    if (!count) return invalid(header, fmt::format("'{}' is no whole number from 1 on", text));
    (parallelism ? flow.parallelism : flow.rate) = count;
  }
  if (!flow.parallelism && !flow.rate) return invalid(header, "it needs a parallelism or a rate");
  return flow;
}

Result<PublishOptions> read_publish_options(std::span<const HttpHeader> headers, HeaderReading reading) {
  Controls controls;
  PublishOptions options;
  for (const HttpHeader& field : headers) {
    if (starts_ignoring_case(field.name, prefix)) {
      controls.add(field.name.substr(prefix.size()), field.value);
    } else if (reading.content_type && options.headers.empty() && !field.value.empty() &&
               net::equal_ignoring_case(field.name, "content-type")) {
      options.headers.emplace_back("Content-Type", field.value);
    }
  }
  auto settings = read_settings(controls, 0);
  if (!settings) return settings.error();
  options.method = std::move(settings->method);
  options.retries = settings->retries;
  options.retry_delay = std::move(settings->retry_delay);
  options.timeout = settings->timeout;
  options.flow_control = std::move(settings->flow_control);
  options.callback = std::move(settings->callback);
  options.failure_callback = std::move(settings->failure_callback);
  for (auto read : {read_time, read_deduplication, read_labels, read_redaction, read_schedule}) {
    if (auto done = read(controls, options); !done) return done.error();
  }
  forward(controls, options.headers);
  if (net::equal_ignoring_case(controls.find("header-forward").value_or(""), "true")) {
    forward_all(headers, reading, options.headers);
  }
  return options;
}

void apply(PublishOptions options, delivery::PublishRequest& request) {
  delivery::Content& content = request.content;
  for (auto& [name, value] : options.headers) {
    std::erase_if(content.headers, [&](auto& each) { return each.first == name; });
  }
  content.headers.insert(content.headers.end(), std::make_move_iterator(options.headers.begin()),
                         std::make_move_iterator(options.headers.end()));
  if (options.method) content.method = std::move(*options.method);
  if (options.retries) content.retries = *options.retries;
  if (options.retry_delay) content.retry_delay = std::move(*options.retry_delay);
  if (options.timeout) content.timeout = options.timeout;
  if (options.callback) content.callback = std::move(options.callback);
  if (options.failure_callback) content.failure_callback = std::move(options.failure_callback);
  if (options.flow_control) content.flow_control = std::move(options.flow_control);
  if (options.labels) content.labels = std::move(*options.labels);
  if (options.redaction) content.redaction = std::move(*options.redaction);
  if (options.delay) request.delay = *options.delay;
  if (options.not_before) request.not_before = options.not_before;
  if (options.deduplication_id) request.deduplication_id = std::move(*options.deduplication_id);
  if (options.deduplicate_content) request.deduplicate_content = *options.deduplicate_content;
}

}  // namespace millrace::front
