#include "graphql/execution/completion.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <string>
#include <utility>

#include "graphql/schema/coordinate.h"

namespace millrace::graphql {

using Kind = FieldResult::Kind;

namespace {

constexpr std::uint32_t rows_between_checks = 256;  // a look at the clock every 10 µs or so
constexpr std::size_t error_bytes = 200;            // what an error adds to a response, roughly

// The leaf, for a message.
std::string_view article(const NamedType& type) {
  auto first = type.name.front();
  return type.kind == TypeKind::enumeration ? "a value of" : first == 'I' ? "an" : "a";
}

}  // namespace

std::optional<GraphqlError> Bounds::breach(std::size_t bytes) const {
  if (bytes > bytes_max)
    return GraphqlError{.message = fmt::format("The response is larger than {} bytes.", bytes_max),
                        .code = GraphqlErrorCode::limit_exceeded};
  if (now() > deadline)
    return GraphqlError{.message = "The execution took too long.", .code = GraphqlErrorCode::timeout};
  return std::nullopt;
}

bool Completion::root() {
  return object(layers_.root(), 0, nullptr);
}

bool Completion::root_field(std::size_t step) {
  auto& root = layers_.root();
  out_.raw(root.selection->steps[step].key_json);
  return field(root, step, root.result(step, 0), nullptr);
}

void Completion::close_root() {
  if (layers_.root().selection->steps.empty()) out_.byte('{');
  out_.byte('}');
}

void Completion::stop(GraphqlError error) {
  stopped_ = true;
  errors_.push_back(std::move(error));
}

// Most leaves. Writes nothing when this is none of them.
inline bool Completion::plain(PlainLeaf leaf, const FieldResult& result) {
  if (leaf == PlainLeaf::text && result.kind() == Kind::string) {
    out_.string(result.as_string());
    return true;
  }
  if (leaf == PlainLeaf::boolean && result.kind() == Kind::boolean) {
    out_.boolean(result.as_boolean());
    return true;
  }
  return false;
}

bool Completion::object(const Layers::Group& group, std::uint32_t row, const Frame* frame) {
  if (!count_row()) return false;
  auto& selection = *group.selection;
  if (selection.failure != nullptr) [[unlikely]] {
    return fail(frame, {.message = std::string(selection.failure->message),
                        .code = GraphqlErrorCode::bad_user_input,
                        .locations = {locate(document_, selection.failure->offset)}});
  }
  if (selection.steps.empty()) {
    out_.raw("{}");
    return true;
  }
  const auto* result = group.columns + row;
  for (std::size_t step = 0; step < selection.steps.size(); ++step, result += group.objects.size()) {
    out_.raw(selection.steps[step].key_json);
    if (!plain(selection.steps[step].plain, *result) && !field(group, step, *result, frame)) return false;
  }
  out_.byte('}');
  return true;
}

// The value of a field whose key is written.
bool Completion::field(const Layers::Group& group, std::size_t number, const FieldResult& result, const Frame* frame) {
  auto& step = group.selection->steps[number];
  if (step.kind == StepKind::type_name) {
    out_.clean_string(group.selection->type->name);
    return true;
  }
  auto& type = step.field->type;
  if (step.leaf && type.lists == 0 && !result.is_null() && leaf(result, *type.named)) return true;
  Frame here{.up = frame, .step = &step};
  return nullable(step, result, type, &here);
}

// The value, or null where that is allowed and the value fails.
bool Completion::nullable(const PlanStep& step, const FieldResult& result, TypeRef type, const Frame* frame) {
  auto start = out_.size();
  if (value(step, result, type, frame)) return true;
  if (stopped_ || type.is_non_null()) return false;
  out_.truncate(start);
  out_.null();
  return true;
}

bool Completion::value(const PlanStep& step, const FieldResult& result, TypeRef type, const Frame* frame) {
  if (result.is_error()) return fail_result(frame, result);
  if (result.is_null()) {
    if (type.is_non_null()) return fail_null(step, frame);
    out_.null();
    return true;
  }
  if (type.is_list()) return list(step, result, type.item(), frame);
  if (!step.leaf) return composite(step, result, frame);
  if (leaf(result, *type.named)) return true;
  return fail_value(step, frame, fmt::format("{} {}", article(*type.named), type.named->name));
}

bool Completion::list(const PlanStep& step, const FieldResult& result, TypeRef item, const Frame* frame) {
  if (result.kind() != Kind::list) {
    if (result.kind() != Kind::json || !step.leaf) return fail_value(step, frame, "a list");
    out_.raw(result.as_string());
    return true;
  }
  out_.byte('[');
  auto items = result.items();
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    if (i > 0) out_.byte(',');
    if (!count_row()) return false;
    Frame here{.up = frame, .index = i};
    if (!nullable(step, items[i], item, &here)) return false;
  }
  out_.byte(']');
  return true;
}

bool Completion::composite(const PlanStep& step, const FieldResult& result, const Frame* frame) {
  if (result.kind() != Kind::object) return fail_value(step, frame, "an object");
  auto [group, row] = layers_.locate(result);
  return object(group, row, frame);
}

// Writes nothing when the result does not fit.
bool Completion::leaf(const FieldResult& result, const NamedType& type) {
  auto kind = result.kind();
  if (kind == Kind::json) {
    out_.raw(result.as_string());
    return true;
  }
  if (kind == Kind::error || kind == Kind::list || kind == Kind::object) return false;
  if (type.built_in != BuiltInScalar::none) return built_in(result, type.built_in);
  if (type.kind != TypeKind::enumeration) return custom(result);
  bool is_text = kind == Kind::string || kind == Kind::clean_string;
  if (!is_text || type.enum_value(result.as_string()) == nullptr) return false;
  out_.clean_string(result.as_string());
  return true;
}

bool Completion::built_in(const FieldResult& result, BuiltInScalar scalar) {
  switch (scalar) {
    case BuiltInScalar::integer: return integer(result);
    case BuiltInScalar::floating: return floating(result);
    case BuiltInScalar::string: return text(result);
    case BuiltInScalar::boolean: return truth(result);
    case BuiltInScalar::id: return id(result);
    case BuiltInScalar::none: return false;
  }
  return false;
}

bool Completion::custom(const FieldResult& result) {
  switch (result.kind()) {
    case Kind::boolean: out_.boolean(result.as_boolean()); return true;
    case Kind::integer: out_.integer(result.as_integer()); return true;
    case Kind::floating: return floating(result);
    case Kind::string: out_.string(result.as_string()); return true;
    case Kind::clean_string: out_.clean_string(result.as_string()); return true;
    default: return false;
  }
}

bool Completion::integer(const FieldResult& result) {
  double number = 0;
  switch (result.kind()) {
    case Kind::boolean: number = result.as_boolean() ? 1 : 0; break;
    case Kind::integer: number = static_cast<double>(result.as_integer()); break;
    case Kind::floating: number = result.as_floating(); break;
    default: return false;
  }
  bool fits = std::trunc(number) == number && number >= std::numeric_limits<std::int32_t>::min() &&
              number <= std::numeric_limits<std::int32_t>::max();
  if (fits) out_.integer(static_cast<std::int64_t>(number));
  return fits;
}

bool Completion::floating(const FieldResult& result) {
  double number = 0;
  switch (result.kind()) {
    case Kind::boolean: number = result.as_boolean() ? 1 : 0; break;
    case Kind::integer: number = static_cast<double>(result.as_integer()); break;
    case Kind::floating: number = result.as_floating(); break;
    default: return false;
  }
  if (!std::isfinite(number)) return false;
  out_.number(number);
  return true;
}

bool Completion::text(const FieldResult& result) {
  switch (result.kind()) {
    case Kind::string: out_.string(result.as_string()); return true;
    case Kind::clean_string: out_.clean_string(result.as_string()); return true;
    case Kind::boolean: out_.clean_string(result.as_boolean() ? "true" : "false"); return true;
    case Kind::integer: out_.clean_string(std::to_string(result.as_integer())); return true;
    case Kind::floating: {
      if (!std::isfinite(result.as_floating())) return false;
      out_.byte('"');
      out_.number(result.as_floating());
      out_.byte('"');
      return true;
    }
    default: return false;
  }
}

bool Completion::truth(const FieldResult& result) {
  switch (result.kind()) {
    case Kind::boolean: out_.boolean(result.as_boolean()); return true;
    case Kind::integer: out_.boolean(result.as_integer() != 0); return true;
    case Kind::floating:
      if (!std::isfinite(result.as_floating())) return false;
      out_.boolean(result.as_floating() != 0);
      return true;
    default: return false;
  }
}

bool Completion::id(const FieldResult& result) {
  if (result.kind() == Kind::boolean) return false;
  if (result.kind() == Kind::floating && std::trunc(result.as_floating()) != result.as_floating()) return false;
  return text(result);
}

// False when the execution has to end here.
bool Completion::count_row() {
  if (++rows_ % rows_between_checks != 0) return true;
  auto breach = bounds_.breach(out_.size() + errors_.size() * error_bytes);
  if (!breach) return true;
  stop(std::move(*breach));
  return false;
}

// Notes an error at `frame`, null being the root, and returns false.
bool Completion::fail(const Frame* frame, GraphqlError error) {
  const PlanStep* step = nullptr;
  for (auto* at = frame; at != nullptr; at = at->up) {
    if (at->step == nullptr) {
      error.path.emplace_back(at->index);
    } else {
      error.path.emplace_back(std::string(at->step->response_key));
      if (step == nullptr) step = at->step;
    }
  }
  std::ranges::reverse(error.path);
  if (error.locations.empty() && step != nullptr) error.locations = locations_of(*step);
  errors_.push_back(std::move(error));
  return false;
}

// Kept for the next error: a list that fails does so item by item.
const std::vector<SourceLocation>& Completion::locations_of(const PlanStep& step) {
  if (located_step_ == &step) return located_;
  located_step_ = &step;
  located_.clear();
  for (auto* node : step.nodes) located_.push_back(locate(document_, node->offset));
  return located_;
}

bool Completion::fail_result(const Frame* frame, const FieldResult& result) {
  return fail(frame, field_errors_[result.size_]);
}

bool Completion::fail_null(const PlanStep& step, const Frame* frame) {
  return fail(frame, {.message = fmt::format("\"{}\" is null, which its type \"{}\" forbids.",
                                             coordinate_of(*step.field), to_string(step.field->type))});
}

bool Completion::fail_value(const PlanStep& step, const Frame* frame, std::string_view expected) {
  return fail(frame, {.message = fmt::format("The value of \"{}\" is not {}.", coordinate_of(*step.field), expected)});
}

}  // namespace millrace::graphql
