#include <algorithm>
#include <fmt/format.h>
#include <unordered_set>

#include "graphql/schema/builder.h"
#include "graphql/schema/built_in.h"
#include "graphql/schema/coerce.h"
#include "graphql/schema/suggestion.h"

namespace millrace::graphql {
namespace {

DirectiveLocation location_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::scalar: return DirectiveLocation::scalar;
    case TypeKind::object: return DirectiveLocation::object;
    case TypeKind::interface: return DirectiveLocation::interface;
    case TypeKind::union_of: return DirectiveLocation::union_of;
    case TypeKind::enumeration: return DirectiveLocation::enumeration;
    case TypeKind::input_object: return DirectiveLocation::input_object;
  }
  return DirectiveLocation::object;
}

std::span<ast::Directive> mutable_span(const ast::List<ast::Directive>& list) {
  return {list.begin(), list.size()};
}

}  // namespace

void SchemaBuilder::apply_directives() {
  std::vector<DirectiveList> lists;
  for (auto& [node, source] : schema_nodes_) lists.push_back({mutable_span(node->directives), source, node->extension});
  schema_->applied_ = apply(lists, DirectiveLocation::schema);
  for (auto& declared : types_) apply_to_type(*declared);
  for (auto& input : inputs_) {
    auto& value = *input.value;
    value.directives = apply(value.node->directives, value.position.source, input.location);
    value.deprecation_reason = deprecation_in(value.directives);
  }
  check_directive_cycles();
}

void SchemaBuilder::apply_to_type(DeclaredType& declared) {
  auto& type = *declared.type;
  std::vector<DirectiveList> lists;
  declared.each_node([&](auto& node, std::uint32_t source) {
    if (!node.directives.empty()) lists.push_back({mutable_span(node.directives), source, node.extension});
  });
  type.directives = apply(lists, location_of(type.kind));
  if (const auto* specified = type.directives.find("specifiedBy")) {
    const auto url = specified->argument("url");
    if (url.is_string()) type.specified_by_url = url.as_string();
  }
  for (auto& field : declared.fields) {
    field.directives = apply(field.node->directives, field.position.source, DirectiveLocation::field_definition);
    field.deprecation_reason = deprecation_in(field.directives);
  }
  std::size_t next = 0;
  declared.each_node([&](auto& node, std::uint32_t source) {
    for (auto& written : node.enum_values) {
      auto& value = declared.enum_values[next++];
      value.directives = apply(written.directives, source, DirectiveLocation::enum_value);
      value.deprecation_reason = deprecation_in(value.directives);
    }
  });
}

AppliedDirectives SchemaBuilder::apply(std::span<const ast::Directive> nodes, std::uint32_t source,
                                       DirectiveLocation location) {
  if (nodes.empty()) return {};
  // The slots of the nodes are written to; the parser made them, and only hands them out as const.
  const DirectiveList list{{const_cast<ast::Directive*>(nodes.data()), nodes.size()}, source};
  return apply(std::span(&list, 1), location);
}

AppliedDirectives SchemaBuilder::apply(std::span<const DirectiveList> lists, DirectiveLocation location) {
  std::vector<AppliedDirective> applied;
  for (auto& list : lists) {
    for (auto& node : list.nodes) {
      check_arguments_unique(node, list.source);
      const auto* definition = find_directive(node.name.text);
      if (definition == nullptr) {
        std::vector<std::string_view> names;
        for (auto& declared : directives_) names.push_back(declared.directive->name);
        report(list.source, node.offset, fmt::format("There is no directive \"@{}\".", node.name.text),
               did_you_mean(node.name.text, names));
        continue;
      }
      node.definition = definition;
      if (!definition->allowed_at(location))
        report(list.source, node.offset,
               fmt::format("The directive \"@{}\" cannot stand on {}.", node.name.text, to_string(location)));
      const auto earlier = std::ranges::find(applied, definition->name, &AppliedDirective::name);
      if (earlier != applied.end() && !definition->repeatable)
        report(list.source, node.offset, fmt::format("The directive \"@{}\" can stand here only once.", node.name.text),
               {}, {earlier->position()});
      if (list.extension && definition->built_in && definition->name == "oneOf")
        report(list.source, node.offset, "The directive \"@oneOf\" cannot be added by an extension.");
      applied.push_back({&node, list.source, apply_arguments(node, *definition, list.source)});
    }
  }
  return {schema_->arena_.copy_array(std::span<const AppliedDirective>(applied))};
}

void SchemaBuilder::check_arguments_unique(const ast::Directive& node, std::uint32_t source) {
  for (auto& written : node.arguments) {
    const auto* first = node.find(written.name.text);
    if (first != &written)
      report(source, written.name.offset,
             fmt::format("The argument {} is given more than once.", quoted(written.name.text)), {},
             {{source, first->name.offset}});
  }
}

const Directive* SchemaBuilder::find_directive(std::string_view name) const {
  const auto found = directives_by_name_.find(name);
  return found == directives_by_name_.end() ? nullptr : found->second->directive;
}

std::span<const Value> SchemaBuilder::apply_arguments(const ast::Directive& node, const Directive& definition,
                                                      std::uint32_t source) {
  for (auto& written : node.arguments) {
    written.definition = definition.argument(written.name.text);
    if (written.definition == nullptr) {
      std::vector<std::string_view> names;
      for (auto& argument : definition.arguments) names.push_back(argument.name);
      report(source, written.name.offset,
             fmt::format("The directive \"@{}\" has no argument \"{}\".", definition.name, written.name.text),
             did_you_mean(written.name.text, names));
    }
  }
  auto values = schema_->arena_.make_array<Value>(definition.arguments.size());
  for (auto& argument : definition.arguments) {
    if (!argument.type || !argument.type.named->is_input()) continue;
    const auto* written = node.find(argument.name);
    if (written == nullptr) {
      values[argument.index] = argument.default_value;
      // A default that is not valid has been told of already.
      if (argument.type.is_non_null() && argument.node->default_value == nullptr)
        report(source, node.offset,
               fmt::format("The directive \"@{}\" needs the argument \"{}: {}\".", definition.name, argument.name,
                           to_string(argument.type)));
      continue;
    }
    if (check_value(written->value, argument.type, source))
      values[argument.index] = coerce_literal(written->value, argument.type, schema_->arena_).value_or(Value{});
  }
  return values;
}

std::optional<std::string_view> SchemaBuilder::deprecation_in(const AppliedDirectives& applied) const {
  const auto* deprecated = applied.find("deprecated");
  if (deprecated == nullptr) return std::nullopt;
  const auto reason = deprecated->argument("reason");
  return reason.is_string() ? reason.as_string() : default_deprecation_reason;
}

namespace {

// Whether a directive's definition reaches the directive itself: through directives on its arguments, or on the types
// of the arguments and their members.
class SelfReference {
 public:
  explicit SelfReference(const Directive& sought) : sought_(sought) {}

  bool found_in(const InputValue& value) {
    return found_in(value.directives) || (value.type && found_in(*value.type.named));
  }

 private:
  bool found_in(const AppliedDirectives& applied) {
    return std::ranges::any_of(applied, [&](auto& each) { return found_in(*each.node->definition); });
  }

  bool found_in(const Directive& directive) {
    if (&directive == &sought_) return true;
    if (!seen_.insert(&directive).second) return false;
    return std::ranges::any_of(directive.arguments, [&](auto& argument) { return found_in(argument); });
  }

  bool found_in(const NamedType& type) {
    if (!seen_.insert(&type).second) return false;
    return found_in(type.directives) ||
           std::ranges::any_of(type.input_fields, [&](auto& field) { return found_in(field); }) ||
           std::ranges::any_of(type.enum_values, [&](auto& value) { return found_in(value.directives); });
  }

  const Directive& sought_;
  std::unordered_set<const void*> seen_{};
};

}  // namespace

void SchemaBuilder::check_directive_cycles() {
  for (auto& declared : directives_) {
    if (!is_user(declared.source)) continue;
    for (auto& argument : declared.directive->arguments)
      if (SelfReference(*declared.directive).found_in(argument))
        report(declared.source, argument.position.offset,
               fmt::format("The directive \"@{}\" refers to itself through its argument \"{}\".",
                           declared.directive->name, argument.name));
  }
}

}  // namespace millrace::graphql
