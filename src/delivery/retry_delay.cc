#include "delivery/retry_delay.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "delivery/duration.h"

namespace millrace::delivery {

using std::chrono::milliseconds;

// Reads by recursive descent: sum := product (("+" | "-") product)*; product := factor (("*" | "/") factor)*;
// factor := "-" factor | "+" factor | number | retried | name "(" sum ("," sum)? ")" | "(" sum ")".
class RetryDelayParser {
 public:
  explicit RetryDelayParser(std::string_view text) : text_(text) {}

  Result<RetryDelayExpression> parse() {
    if (text_.size() > RetryDelayExpression::bytes_max) {
      fail(fmt::format("it is longer than {} bytes", RetryDelayExpression::bytes_max));
    }
    sum();
    skip_blanks();
    if (!fault_ && at_ < text_.size()) fail(fmt::format("'{}' is not expected there", text_.substr(at_, 16)));
    if (fault_) return Error{ErrorCode::invalid, std::move(*fault_)};
    return std::move(expression_);
  }

 private:
  using Operation = RetryDelayExpression::Operation;
  struct Function {
    std::string_view name{};
    Operation operation{};
    int arguments = 1;
  };
  static constexpr std::array<Function, 9> functions = {{
      {"pow", Operation::pow, 2},
      {"sqrt", Operation::sqrt, 1},
      {"abs", Operation::abs, 1},
      {"exp", Operation::exp, 1},
      {"floor", Operation::floor, 1},
      {"ceil", Operation::ceil, 1},
      {"round", Operation::round, 1},
      {"min", Operation::min, 2},
      {"max", Operation::max, 2},
  }};

  void fail(std::string why) {
    if (!fault_) fault_ = fmt::format("invalid retry delay '{}': {}", text_.substr(0, 64), why);
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool take(char wanted) {
    skip_blanks();
    bool there = at_ < text_.size() && text_[at_] == wanted;
    at_ += there ? 1 : 0;
    return there;
  }

  void expect(char wanted) {
    if (!fault_ && !take(wanted)) fail(fmt::format("'{}' is missing at byte {}", wanted, at_ + 1));
  }

  void step(Operation operation, double number = 0) {
    if (expression_.steps_.size() == RetryDelayExpression::steps_max) return fail("it has too many operations");
    expression_.steps_.push_back({operation, number});
  }

  void sum() {
    product();
    while (!fault_) {
      bool plus = take('+');
      if (!plus && !take('-')) return;
      product();
      step(plus ? Operation::add : Operation::subtract);
    }
  }

  void product() {
    factor();
    while (!fault_) {
      bool times = take('*');
      if (!times && !take('/')) return;
      factor();
      step(times ? Operation::multiply : Operation::divide);
    }
  }

  void factor() {
    if (fault_) return;
    if (++depth_ > RetryDelayExpression::depth_max) fail("it is nested too deeply");
    if (take('-')) {
      factor();
      step(Operation::negate);
    } else if (take('+')) {
      factor();
    } else if (take('(')) {
      sum();
      expect(')');
    } else if (!number()) {
      name();
    }
    --depth_;
  }

  bool number() {
    skip_blanks();
    if (at_ == text_.size() || (text_[at_] != '.' && (text_[at_] < '0' || text_[at_] > '9'))) return false;
    double value = 0;
    auto [end, fault] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (fault != std::errc()) {
      fail(fmt::format("there is no number at byte {}", at_ + 1));
    } else {
      at_ = static_cast<std::size_t>(end - text_.data());
      step(Operation::push, value);
    }
    return true;
  }

  void name() {
    std::size_t begin = at_;
    while (at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') || text_[at_] == '_')) ++at_;
    std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "retried") return step(Operation::retried);
    auto function = std::ranges::find(functions, word, &Function::name);
    if (word.empty()) return fail(fmt::format("a number, 'retried' or a function is missing at byte {}", begin + 1));
    if (function == functions.end()) return fail(fmt::format("'{}' is not known", word));
    expect('(');
    for (int argument = 0; argument < function->arguments && !fault_; ++argument) {
      if (argument > 0) expect(',');
      sum();
    }
    expect(')');
    step(function->operation);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::optional<std::string> fault_{};
  RetryDelayExpression expression_{};
};

Result<RetryDelayExpression> RetryDelayExpression::parse(std::string_view text) {
  auto parsed = RetryDelayParser(text).parse();
  if (parsed && !std::isfinite(parsed->evaluate(0))) {
    return Error{ErrorCode::invalid,
                 fmt::format("invalid retry delay '{}': it is no number before the first retry", text.substr(0, 64))};
  }
  return parsed;
}

double RetryDelayExpression::apply(Operation operation, double left, double right) {
  switch (operation) {
    case Operation::add: return left + right;
    case Operation::subtract: return left - right;
    case Operation::multiply: return left * right;
    case Operation::divide: return left / right;
    case Operation::pow: return std::pow(left, right);
    case Operation::min: return std::min(left, right);
    case Operation::max: return std::max(left, right);
    case Operation::negate: return -right;
    case Operation::sqrt: return std::sqrt(right);
    case Operation::abs: return std::abs(right);
    case Operation::exp: return std::exp(right);
    case Operation::floor: return std::floor(right);
    case Operation::ceil: return std::ceil(right);
    case Operation::round: return std::round(right);
    case Operation::push:
    case Operation::retried: break;
  }
  return right;
}

double RetryDelayExpression::evaluate(double retried) const {
  std::array<double, steps_max> stack{};
  std::size_t size = 0;
  for (const Step& step : steps_) {
    switch (step.operation) {
      case Operation::push: stack[size++] = step.number; break;
      case Operation::retried: stack[size++] = retried; break;
      case Operation::add:
      case Operation::subtract:
      case Operation::multiply:
      case Operation::divide:
      case Operation::pow:
      case Operation::min:
      case Operation::max:
        --size;
        stack[size - 1] = apply(step.operation, stack[size - 1], stack[size]);
        break;
      case Operation::negate:
      case Operation::sqrt:
      case Operation::abs:
      case Operation::exp:
      case Operation::floor:
      case Operation::ceil:
      case Operation::round: stack[size - 1] = apply(step.operation, 0, stack[size - 1]); break;
    }
  }
  return size == 0 ? 0 : stack[0];
}

milliseconds usual_retry_delay(int retried) {
  double seconds = std::exp(2.5 * (static_cast<double>(retried) + 1));
  double most = static_cast<double>(std::chrono::seconds(std::chrono::hours(24)).count());
  return std::chrono::seconds(static_cast<std::int64_t>(std::min(seconds, most)));
}

namespace {

bool same_name(std::string_view left, std::string_view right) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::optional<milliseconds> expressed_delay(std::string_view expression, int retried) {
  if (expression.empty()) return std::nullopt;
  auto parsed = RetryDelayExpression::parse(expression);
  double value = parsed ? parsed->evaluate(retried) : std::nan("");
  if (!std::isfinite(value)) return std::nullopt;
  double most = static_cast<double>(retry_delay_max.count());
  return milliseconds(static_cast<std::int64_t>(std::clamp(value, 0.0, most)));
}

}  // namespace

std::optional<milliseconds> asked_retry_delay(ResponseHeaders headers, Timestamp now) {
  constexpr std::array<std::string_view, 4> names = {"retry-after", "x-ratelimit-reset", "x-ratelimit-reset-requests",
                                                     "x-ratelimit-reset-tokens"};
  for (std::string_view name : names) {
    for (const auto& [header, value] : headers) {
      if (!same_name(header, name)) continue;
      auto asked = parse_asked_delay(value, now);
      if (asked && *asked <= retry_delay_max) return asked;
    }
  }
  return std::nullopt;
}

milliseconds retry_delay(ResponseHeaders headers, std::string_view expression, int retried, Timestamp now) {
  if (auto asked = asked_retry_delay(headers, now)) return *asked;
  if (auto expressed = expressed_delay(expression, retried)) return *expressed;
  return usual_retry_delay(retried);
}

}  // namespace millrace::delivery
