#include "graphql/schema/build.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <tuple>

#include "graphql/schema/builder.h"
#include "graphql/schema/built_in.h"

namespace millrace::graphql {
namespace {

BuiltInScalar built_in_scalar(std::string_view name) {
  if (name == "Int") return BuiltInScalar::integer;
  if (name == "Float") return BuiltInScalar::floating;
  if (name == "String") return BuiltInScalar::string;
  if (name == "Boolean") return BuiltInScalar::boolean;
  if (name == "ID") return BuiltInScalar::id;
  return BuiltInScalar::none;
}

template <class T>
std::span<const T> kept(const std::vector<T>& elements, Arena& arena) {
  return arena.copy_array(std::span<const T>(elements));
}

template <class Members>
std::span<const std::string_view> names_of(const Members& members, Arena& arena) {
  auto names = arena.make_array<std::string_view>(members.size());
  std::ranges::transform(members, names.begin(), [](auto* member) { return member->name; });
  return names;
}

}  // namespace

std::string to_string(const SchemaError& error) {
  auto text =
      fmt::format("{}:{}:{}: {}", error.file.empty() ? "schema" : error.file, error.line, error.column, error.message);
  if (!error.suggestion.empty()) text += " " + error.suggestion;
  return text;
}

void throw_exception_from_error(const SchemaErrors& errors, const boost::source_location& where) {
  std::string text;
  for (auto& error : errors) text += to_string(error) + "\n";
  throw std::runtime_error(fmt::format("{}({}:{})", text, where.file_name(), where.line()));
}

SchemaResult build_schema(std::span<const SchemaSource> sources, const SchemaOptions& options) {
  return SchemaBuilder(options).build(sources);
}

SchemaResult build_schema(std::string_view text, const SchemaOptions& options) {
  const SchemaSource source{.text = text};
  return build_schema(std::span(&source, 1), options);
}

SchemaResult SchemaBuilder::build(std::span<const SchemaSource> sources) {
  load(sources);
  if (!faults_.empty()) return take_errors();
  collect();
  fill_types();
  fill_directives();
  resolve_roots();
  coerce_defaults();
  apply_directives();
  check_rules();
  if (!faults_.empty()) return take_errors();
  freeze();
  return SchemaPointer(std::move(schema_));
}

void SchemaBuilder::report(std::uint32_t source, std::uint32_t offset, std::string message, std::string suggestion,
                           std::vector<SourcePosition> related) {
  faults_.push_back({{source, offset}, std::move(message), std::move(suggestion), std::move(related)});
}

SchemaErrors SchemaBuilder::take_errors() {
  std::ranges::stable_sort(faults_, {},
                           [](const Fault& fault) { return std::tuple(fault.position.source, fault.position.offset); });
  faults_.resize(std::min(faults_.size(), options_.errors_max));
  SchemaErrors errors;
  for (auto& fault : faults_) {
    const auto [file, location] = schema_->place(fault.position);
    SchemaError error{std::move(fault.message), std::string(file), location.line, location.column,
                      std::move(fault.suggestion)};
    for (auto position : fault.related) {
      const auto other = schema_->place(position);
      error.related.push_back({std::string(other.file), other.location.line, other.location.column});
    }
    errors.push_back(std::move(error));
  }
  return errors;
}

void SchemaBuilder::load(std::span<const SchemaSource> sources) {
  add_source(built_in_definitions, "built-in", schema_parse_limits);
  add_source(options_.vocabulary, "vocabulary", schema_parse_limits);
  for (auto& source : sources) add_source(source.text, source.file, options_.limits);
}

void SchemaBuilder::add_source(std::string_view text, std::string_view file, const ParseLimits& limits) {
  const auto source = static_cast<std::uint32_t>(schema_->sources_.size());
  schema_->sources_.push_back({.file = std::string(file)});
  if (source == vocabulary_source && text.empty()) return;
  auto document = parse(text, {.limits = limits});
  if (document) {
    schema_->sources_.back().document = std::move(*document);
    return;
  }
  // Kept as a document without definitions, for the position.
  auto arena = std::make_unique<Arena>(text.size() + 64);
  const auto copy = arena->copy(text);
  schema_->sources_.back().document = ast::Document(std::move(arena), copy, {}, 0);
  report(source, document.error().offset, document.error().message);
}

void SchemaBuilder::collect() {
  for (std::uint32_t source = 0; source < schema_->sources_.size(); ++source) {
    for (auto* definition : schema_->sources_[source].document.definitions()) {
      if (auto* type = ast::as_type(definition); type != nullptr && !type->extension) collect_type(*type, source);
      if (auto* directive = ast::as_directive(definition)) collect_directive(*directive, source);
      if (auto* schema = ast::as_schema(definition)) collect_schema(*schema, source);
      if (ast::as_operation(definition) != nullptr || ast::as_fragment(definition) != nullptr)
        report(source, definition->offset, "A schema has no operations and fragments.");
    }
  }
  for (auto& declared : directives_) directives_by_name_.try_emplace(declared.directive->name, &declared);
  for (std::uint32_t source = 0; source < schema_->sources_.size(); ++source)
    for (auto* definition : schema_->sources_[source].document.definitions())
      if (auto* type = ast::as_type(definition); type != nullptr && type->extension) collect_extension(*type, source);
}

void SchemaBuilder::collect_type(const ast::TypeDefinition& node, std::uint32_t source) {
  if (is_user(source)) check_name(node.name.text, source, node.offset);
  auto& by_name = source == vocabulary_source ? vocabulary_by_name_ : types_by_name_;
  if (const auto known = by_name.find(node.name.text); known != by_name.end()) {
    if (known->second->source == built_in_source)
      report(source, node.name.offset,
             fmt::format("The type {} is built in and cannot be defined.", quoted(node.name.text)));
    else
      report(source, node.name.offset, fmt::format("There is more than one type named {}.", quoted(node.name.text)), {},
             {known->second->type->position});
    return;
  }
  auto declared = std::make_unique<DeclaredType>();
  auto* type = schema_->arena_.make<NamedType>();
  type->kind = node.type_kind;
  type->name = node.name.text;
  type->position = {source, node.name.offset};
  type->introspection = source == built_in_source && node.type_kind != TypeKind::scalar;
  if (source == built_in_source) type->built_in = built_in_scalar(type->name);
  if (node.description != nullptr) type->description = node.description->text;
  type->one_of = std::ranges::any_of(node.directives, [](auto& each) { return each.name.text == "oneOf"; });
  for (auto& binding : options_.scalars)
    if (node.type_kind == TypeKind::scalar && binding.scalar == type->name) type->parse = binding.parse;
  declared->type = type;
  declared->node = &node;
  declared->source = source;
  by_name.emplace(type->name, declared.get());
  types_.push_back(std::move(declared));
}

void SchemaBuilder::collect_directive(const ast::DirectiveDefinition& node, std::uint32_t source) {
  check_name(node.name.text, source, node.offset);
  for (auto& known : directives_) {
    if (known.directive->name != node.name.text) continue;
    if (is_user(known.source))
      report(source, node.name.offset, fmt::format("There is more than one directive named \"@{}\".", node.name.text),
             {}, {known.directive->position});
    else
      report(source, node.name.offset,
             fmt::format("The directive \"@{}\" is built in and cannot be defined.", node.name.text));
    return;
  }
  auto* directive = schema_->arena_.make<Directive>();
  directive->name = node.name.text;
  directive->position = {source, node.name.offset};
  directive->repeatable = node.repeatable;
  directive->built_in = source == built_in_source;
  if (node.description != nullptr) directive->description = node.description->text;
  directives_.push_back({directive, &node, source});
}

void SchemaBuilder::collect_schema(const ast::SchemaDefinition& node, std::uint32_t source) {
  if (node.extension) {
    schema_nodes_.push_back({&node, source});
    return;
  }
  if (has_schema_definition_) {
    report(source, node.offset, "There is more than one schema definition.", {},
           {{schema_nodes_.front().source, schema_nodes_.front().node->offset}});
    return;
  }
  has_schema_definition_ = true;
  schema_nodes_.insert(schema_nodes_.begin(), {&node, source});
}

void SchemaBuilder::collect_extension(const ast::TypeDefinition& node, std::uint32_t source) {
  const auto known = types_by_name_.find(node.name.text);
  if (known == types_by_name_.end() || known->second->source == built_in_source) {
    if (lookup(node.name.text, source) == nullptr)
      resolve_name(node.name, source);  // tells that there is no such type
    else
      report(source, node.name.offset,
             fmt::format("The type {} is built in and cannot be extended.", quoted(node.name.text)));
    return;
  }
  auto& declared = *known->second;
  if (declared.type->kind != node.type_kind) {
    report(source, node.offset,
           fmt::format("The extension of {} is of another kind than the type.", quoted(node.name.text)), {},
           {{declared.source, declared.node->offset}});
    return;
  }
  declared.extensions.push_back({&node, source});
}

const NamedType** SchemaBuilder::root_slot(ast::OperationKind operation) {
  switch (operation) {
    case ast::OperationKind::query: return &schema_->query_;
    case ast::OperationKind::mutation: return &schema_->mutation_;
    case ast::OperationKind::subscription: return &schema_->subscription_;
  }
  return &schema_->query_;
}

void SchemaBuilder::resolve_roots() {
  using enum ast::OperationKind;
  for (auto& [node, source] : schema_nodes_)
    for (auto& root : node->operation_types) resolve_root(root, source);
  constexpr std::pair<ast::OperationKind, std::string_view> names[] = {
      {query, "Query"}, {mutation, "Mutation"}, {subscription, "Subscription"}};
  for (auto [operation, name] : names) {
    const auto known = types_by_name_.find(name);
    auto& slot = *root_slot(operation);
    if (has_schema_definition_ || slot != nullptr || known == types_by_name_.end()) continue;
    auto& declared = *known->second;
    slot = declared.type;
    root_positions_[static_cast<int>(operation)] = declared.type->position;
    if (declared.type->kind != TypeKind::object)
      report(declared.source, declared.node->offset,
             fmt::format("The {} root type must be an object type.", to_string(operation)));
  }
  const bool query_tried = schema_->query_ != nullptr || root_positions_[0].has_value();
  const auto [node, source] = schema_nodes_.empty() ? SchemaNode{} : schema_nodes_.front();
  if (!query_tried)
    report(node == nullptr ? vocabulary_source + 1 : source, node == nullptr ? 0 : node->offset,
           "A schema needs a query root type.");
  check_roots_differ();
  if (node != nullptr) schema_->position_ = {source, node->offset};
  if (has_schema_definition_ && node->description != nullptr) schema_->description_ = node->description->text;
}

void SchemaBuilder::resolve_root(const ast::OperationTypeDefinition& node, std::uint32_t source) {
  auto& position = root_positions_[static_cast<int>(node.operation)];
  if (position) {
    report(source, node.offset, fmt::format("There is more than one {} root type.", to_string(node.operation)), {},
           {*position});
    return;
  }
  position = SourcePosition{source, node.offset};
  const auto* type = resolve_name(node.type, source);
  if (type == nullptr) return;
  if (type->kind == TypeKind::object)
    *root_slot(node.operation) = type;
  else
    report(source, node.type.offset,
           fmt::format("The {} root type must be an object type.", to_string(node.operation)));
}

void SchemaBuilder::check_roots_differ() {
  using enum ast::OperationKind;
  constexpr std::pair<ast::OperationKind, ast::OperationKind> pairs[] = {
      {query, mutation}, {query, subscription}, {mutation, subscription}};
  for (auto [first, second] : pairs) {
    if (*root_slot(first) == nullptr || *root_slot(first) != *root_slot(second)) continue;
    const auto here = *root_positions_[static_cast<int>(second)];
    report(here.source, here.offset,
           fmt::format("The {} and {} root types must differ.", to_string(first), to_string(second)), {},
           {*root_positions_[static_cast<int>(first)]});
  }
}

void SchemaBuilder::freeze() {
  freeze_types();
  freeze_possible_types();
  freeze_directives();
  freeze_meta_fields();
}

void SchemaBuilder::freeze_types() {
  std::vector<const NamedType*> order;
  const auto add = [&](auto wanted) {
    for (auto& declared : types_) {
      if (declared->type->name == meta_fields_type || !wanted(*declared)) continue;
      declared->type->id = static_cast<std::uint32_t>(order.size());
      order.push_back(declared->type);
    }
  };
  add([&](auto& declared) { return is_user(declared.source); });
  add([&](auto& declared) { return declared.source == vocabulary_source && declared.used; });
  add([&](auto& declared) {
    return declared.source == built_in_source && declared.used && !declared.type->introspection;
  });
  add([&](auto& declared) { return declared.source == built_in_source && declared.type->introspection; });
  for (auto& declared : types_)
    if (declared->type->built_in != BuiltInScalar::none)
      schema_->built_in_[static_cast<std::size_t>(declared->type->built_in) - 1] = declared->type;
  schema_->types_ = kept(order, schema_->arena_);
  schema_->type_index_ = NameIndex::build(names_of(schema_->types_, schema_->arena_), schema_->arena_);
}

void SchemaBuilder::freeze_possible_types() {
  auto& arena = schema_->arena_;
  std::uint32_t objects = 0;
  for (auto& declared : types_)
    if (declared->type->kind == TypeKind::object) declared->type->object_index = objects++;
  schema_->object_type_count_ = objects;
  std::unordered_map<const NamedType*, std::vector<const NamedType*>> possible;
  for (auto& declared : types_) {
    auto* type = declared->type;
    if (type->kind == TypeKind::union_of) possible[type].assign(type->members.begin(), type->members.end());
    if (type->kind != TypeKind::object) continue;
    possible[type].push_back(type);
    for (auto* interface : type->interfaces) possible[interface].push_back(type);
  }
  for (auto& declared : types_) {
    auto* type = declared->type;
    if (!type->is_composite()) continue;
    auto words = arena.make_array<std::uint64_t>((objects + 63) / 64);
    auto& objects_of_type = possible[type];
    for (auto* object : objects_of_type)
      words[object->object_index / 64] |= std::uint64_t{1} << (object->object_index % 64);
    type->possible = {words};
    type->possible_types = kept(objects_of_type, arena);
  }
}

void SchemaBuilder::freeze_directives() {
  auto& arena = schema_->arena_;
  std::vector<const Directive*> shown, vocabulary;
  for (auto& declared : directives_)
    if (is_user(declared.source)) shown.push_back(declared.directive);
  for (auto& declared : directives_) {
    if (declared.source == built_in_source) shown.push_back(declared.directive);
    if (declared.source == vocabulary_source) vocabulary.push_back(declared.directive);
  }
  schema_->directives_ = kept(shown, arena);
  schema_->directive_index_ = NameIndex::build(names_of(shown, arena), arena);
  schema_->vocabulary_directives_ = kept(vocabulary, arena);
}

void SchemaBuilder::freeze_meta_fields() {
  const auto& meta = *types_by_name_.at(meta_fields_type)->type;
  schema_->typename_field_ = meta.field("__typename");
  schema_->schema_field_ = meta.field("__schema");
  schema_->type_field_ = meta.field("__type");
}

}  // namespace millrace::graphql
