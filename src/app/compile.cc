#include "app/compile.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>

#include "app/scalars.h"
#include "app/vocabulary.h"

namespace millrace::app {
namespace {

using graphql::AppliedDirective;
using graphql::AppliedDirectives;
using graphql::BuiltInScalar;
using graphql::Field;
using graphql::NamedType;
using graphql::SchemaErrors;
using graphql::SourcePosition;
using graphql::TypeKind;
using graphql::TypeRef;
using graphql::Value;

// The JSON of a field that nothing has given yet, or nothing: only what is empty by nature has one.
std::string natural_zero(TypeRef type) {
  if (!type.is_non_null()) return "null";
  if (type.is_list()) return "[]";
  switch (type.named->built_in) {
    case BuiltInScalar::boolean: return "false";
    case BuiltInScalar::integer:
    case BuiltInScalar::floating: return "0";
    default: return {};
  }
}

bool is_text(TypeRef type) {
  return !type.is_list() &&
         (type.named->built_in == BuiltInScalar::string || type.named->built_in == BuiltInScalar::id);
}

bool is_composite(TypeRef type) {
  return type.named->is_composite();
}

std::optional<std::string> text_argument(const AppliedDirective& directive, std::string_view name) {
  Value value = directive.argument(name);
  if (value.kind() != Value::Kind::string && value.kind() != Value::Kind::enumeration) return {};
  return std::string(value.as_string());
}

std::string quoted_call(const Field& field) {
  return fmt::format("{}.{}", field.parent->name, field.name);
}

// "Task" of "deleteTask": what follows the first word.
std::string_view after_first_word(std::string_view name) {
  auto second = std::ranges::find_if(name, [](char letter) { return letter >= 'A' && letter <= 'Z'; });
  return name.substr(static_cast<std::size_t>(second - name.begin()));
}

class Compiler {
 public:
  Compiler(graphql::SchemaPointer schema, std::string name) : schema_(std::move(schema)) {
    model_->name = std::move(name);
    model_->schema = schema_;
  }

  CompileResult run() {
    refuse_what_does_not_run();
    for (const NamedType* type : schema_->types()) {
      if (type->directives.find("entity") != nullptr) add_entity(*type);
    }
    check_keys();
    if (schema_->mutation() != nullptr) {
      for (const Field& field : schema_->mutation()->fields) add_command(field);
    }
    for (const Field& field : schema_->query().fields) add_query(field);
    if (schema_->subscription() != nullptr) {
      complain(schema_->subscription()->position, "subscriptions are not part of this version",
               "Remove the type until they are.");
    }
    check_events();
    if (!errors_.empty()) {
      std::ranges::stable_sort(errors_, {}, [](const auto& error) { return std::pair(error.line, error.column); });
      return errors_;
    }
    return ModelPointer(std::move(model_));
  }

 private:
  void complain(SourcePosition at, std::string message, std::string suggestion = {}) {
    auto place = schema_->place(at);
    errors_.push_back({.message = std::move(message),
                       .file = std::string(place.file),
                       .line = place.location.line,
                       .column = place.location.column,
                       .suggestion = std::move(suggestion)});
  }

  void refuse(const AppliedDirectives& applied) {
    for (const AppliedDirective& directive : applied) {
      if (schema_->vocabulary_directive(directive.name()) == nullptr || directive_runs(directive.name())) continue;
      complain(directive.position(), fmt::format("@{} is not part of this version", directive.name()),
               "Remove it until it is.");
    }
  }

  void refuse_what_does_not_run() {
    refuse(schema_->applied());
    for (const NamedType* type : schema_->types()) {
      refuse(type->directives);
      for (const Field& field : type->fields) refuse(field.directives);
    }
  }

  // --- Entities ---

  void add_entity(const NamedType& type) {
    const AppliedDirective& directive = *type.directives.find("entity");
    auto entity = std::make_unique<Entity>();
    entity->name = type.name;
    entity->type = &type;
    entity->topic = text_argument(directive, "topic").value_or(model_->name);
    entity->set = text_argument(directive, "set").value_or(plural(lower_first(type.name)));
    set_key(*entity, directive);
    for (const Field& field : type.fields) add_field(*entity, field);
    set_id(*entity);
    set_store(*entity, directive);
    if (std::ranges::find(model_->topics, entity->topic) == model_->topics.end())
      model_->topics.push_back(entity->topic);
    model_->entities.push_back(std::move(entity));
  }

  void set_key(Entity& entity, const AppliedDirective& directive) {
    std::string pattern = text_argument(directive, "key").value_or(lower_first(entity.name) + ":{id}");
    constexpr std::string_view hole = "{id}";
    auto at = pattern.find(hole);
    if (at == std::string::npos) {
      complain(directive.position_of("key"), fmt::format("the key \"{}\" has no {{id}} in it", pattern),
               fmt::format("Write \"{}:{{id}}\".", pattern));
      return;
    }
    entity.key = {pattern.substr(0, at), pattern.substr(at + hole.size())};
  }

  void add_field(Entity& entity, const Field& field) {
    if (is_composite(field.type)) {
      complain(field.position,
               fmt::format("{} is of type {}; a field that is an object is not part of this version",
                           quoted_call(field), graphql::to_string(field.type)),
               "Use a scalar, an enum, or a list of them.");
    }
    if (!field.arguments.empty()) {
      complain(field.arguments.front().position,
               fmt::format("{} has arguments; a field of an entity takes none in this version", quoted_call(field)),
               "Remove them.");
    }
    entity.fields.push_back({.name = std::string(field.name),
                             .definition = &field,
                             .json_key = fmt::format("\"{}\":", field.name),
                             .natural = natural_zero(field.type)});
  }

  void set_id(Entity& entity) {
    auto marked = std::ranges::find_if(
        entity.fields, [](const EntityField& field) { return field.definition->directives.find("id") != nullptr; });
    if (marked == entity.fields.end()) marked = std::ranges::find(entity.fields, "id", &EntityField::name);
    if (marked == entity.fields.end()) {
      complain(entity.type->position, fmt::format("{} has no id", entity.name), "Add a field \"id: ID! @id\".");
      return;
    }
    entity.id_field = static_cast<std::size_t>(marked - entity.fields.begin());
    if (!is_text(marked->type()) || !marked->type().is_non_null()) {
      complain(marked->definition->position,
               fmt::format("the id of {} is of type {}", entity.name, graphql::to_string(marked->type())),
               "Make it ID! or String!.");
    }
    if (const auto* directive = marked->definition->directives.find("id")) set_generator(entity, *directive);
    for (const EntityField& field : entity.fields) {
      if (&field != &*marked && field.definition->directives.find("id") != nullptr) {
        complain(field.definition->directives.find("id")->position(),
                 fmt::format("{} has two ids, {} and {}", entity.name, marked->name, field.name), "Keep one @id.");
      }
    }
  }

  void set_generator(Entity& entity, const AppliedDirective& directive) {
    constexpr std::pair<std::string_view, IdGenerator> generators[] = {{"ULID", IdGenerator::ulid},
                                                                       {"UUIDV7", IdGenerator::uuidv7},
                                                                       {"SEQUENCE", IdGenerator::sequence},
                                                                       {"CLOCK", IdGenerator::clock},
                                                                       {"CLIENT", IdGenerator::client}};
    std::string name = text_argument(directive, "gen").value_or("ULID");
    auto found = std::ranges::find(generators, name, [](const auto& row) { return row.first; });
    if (found == std::end(generators)) {
      complain(directive.position_of("gen"), fmt::format("@id(gen: {}) is not part of this version", name),
               "Use ULID, UUIDV7, SEQUENCE, CLOCK or CLIENT.");
      return;
    }
    entity.ids = found->second;
    entity.id_prefix = text_argument(directive, "prefix").value_or("");
    if (entity.ids == IdGenerator::sequence) {
      entity.sequence_key = (entity.id_prefix.empty() ? lower_first(entity.name) + ":" : entity.id_prefix) + "id";
    }
  }

  void set_store(Entity& entity, const AppliedDirective& directive) {
    std::string store = text_argument(directive, "store").value_or("JSON");
    if (store == "HASH") entity.store = EntityStore::hash;
    if (store != "STRING") return;
    entity.store = EntityStore::string;
    if (entity.fields.size() != 2 || !is_text(entity.fields[1 - entity.id_field].type())) {
      complain(directive.position_of("store"),
               fmt::format("store: STRING keeps one field of text beside the id; {} has others", entity.name),
               "Use JSON or HASH.");
    }
  }

  void check_keys() {
    std::set<std::string> taken;
    for (const auto& entity : model_->entities) {
      SourcePosition at = entity->type->directives.find("entity")->position();
      for (const std::string& key : {entity->key.text(), entity->set}) {
        if (key.starts_with(reserved_prefix) || key.starts_with("lastOffset")) {
          complain(at, fmt::format("the key \"{}\" is the server's own", key), "Choose another.");
        } else if (!taken.insert(key).second) {
          complain(at, fmt::format("the key \"{}\" of {} is taken by another", key, entity->name),
                   "Give the two different keys and sets.");
        }
      }
    }
  }

  // --- Commands ---

  void add_command(const Field& field) {
    const AppliedDirective* directive = field.directives.find("event");
    if (directive == nullptr) {
      complain(field.position, fmt::format("{} appends no event", quoted_call(field)),
               "Add @event, or remove the field.");
      return;
    }
    CommandKind command{.field = &field};
    command.event.name = text_argument(*directive, "name").value_or(kebab_case(field.name));
    command.event.operation = operation_of(field, *directive);
    command.event.entity = entity_of(field, *directive);
    if (command.event.entity == nullptr) return;
    if (!directive->argument("key").is_absent() && !directive->argument("key").is_null()) {
      complain(directive->position_of("key"), "@event(key:) is not part of this version",
               "Take the id as an argument.");
    }
    if (directive->argument("version") != Value::integer(1)) {
      complain(directive->position_of("version"), "versions of events are not part of this version", "Remove it.");
    }
    map_arguments(command);
    check_answer(command);
    if (command.event.operation == Operation::create) check_sources(command);
    model_->commands.push_back(std::move(command));
  }

  static Operation operation_of(const Field& field, const AppliedDirective& directive) {
    if (auto given = text_argument(directive, "do")) {
      return *given == "CREATE" ? Operation::create : *given == "DELETE" ? Operation::remove : Operation::update;
    }
    std::string kebab = kebab_case(field.name);
    std::string_view verb = std::string_view(kebab).substr(0, kebab.find('-'));
    if (verb == "create" || verb == "new") return Operation::create;
    if (verb == "add" && field.argument("id") == nullptr) return Operation::create;
    if (verb == "delete" || verb == "remove") return Operation::remove;
    return Operation::update;
  }

  const Entity* entity_of(const Field& field, const AppliedDirective& directive) {
    if (auto of = text_argument(directive, "of")) {
      if (const Entity* named = entity_named(*of)) return named;
      complain(directive.position_of("of"), fmt::format("there is no entity \"{}\"", *of), known_entities());
      return nullptr;
    }
    if (const Entity* answered = model_->entity(*field.type.named)) return answered;
    if (const Entity* named = entity_named(after_first_word(field.name))) return named;
    complain(field.position, fmt::format("{} does not say which entity it changes", quoted_call(field)),
             "Return the entity, or name it: @event(of: \"…\"). " + known_entities());
    return nullptr;
  }

  const Entity* entity_named(std::string_view name) const {
    auto found = std::ranges::find_if(model_->entities, [name](const auto& entity) { return entity->name == name; });
    return found == model_->entities.end() ? nullptr : found->get();
  }

  std::string known_entities() const {
    std::string names;
    for (const auto& entity : model_->entities) names += (names.empty() ? "" : ", ") + entity->name;
    return names.empty() ? "No type of the file is an @entity." : fmt::format("Entities are: {}.", names);
  }

  void map_arguments(CommandKind& command) {
    const Entity& entity = *command.event.entity;
    for (const graphql::InputValue& argument : command.field->arguments) {
      auto field = entity.field(argument.name);
      command.argument_fields.push_back(field);
      if (!field) continue;
      if (*field == entity.id_field) command.id_argument = argument.index;
      TypeRef target = entity.fields[*field].type();
      bool same_shape = argument.type.named == target.named && argument.type.lists == target.lists;
      if (!same_shape && !is_composite(target)) {
        complain(
            argument.position,
            fmt::format("argument \"{}\" of {} is of type {}, the field it sets of type {}", argument.name,
                        quoted_call(*command.field), graphql::to_string(argument.type), graphql::to_string(target)),
            "Give both the same type.");
      }
    }
    check_id_argument(command);
  }

  void check_id_argument(const CommandKind& command) {
    const Entity& entity = *command.event.entity;
    const std::string& id = entity.fields.empty() ? entity.name : entity.fields[entity.id_field].name;
    bool client_made = entity.ids == IdGenerator::client;
    bool needed = command.event.operation != Operation::create || client_made;
    if (needed && !command.id_argument) {
      complain(command.field->position,
               fmt::format("{} does not say which {}", quoted_call(*command.field), entity.name),
               fmt::format("Add the argument \"{}: ID!\".", id));
    } else if (!needed && command.id_argument) {
      complain(
          command.field->arguments[*command.id_argument].position,
          fmt::format("{} takes an id, but ids of {} are made by the server", quoted_call(*command.field), entity.name),
          fmt::format("Remove the argument, or say @id(gen: CLIENT) on {}.{}.", entity.name, id));
    } else if (command.id_argument && !command.field->arguments[*command.id_argument].type.is_non_null()) {
      complain(command.field->arguments[*command.id_argument].position,
               fmt::format("the id of {} may be left out", quoted_call(*command.field)),
               "Make it non-null with \"!\".");
    }
  }

  void check_answer(CommandKind& command) {
    TypeRef type = command.field->type;
    bool entity = type.named == command.event.entity->type && !type.is_list();
    command.answers_id = is_text(type);
    if (entity || command.answers_id) return;
    complain(command.field->position,
             fmt::format("{} is of type {}", quoted_call(*command.field), graphql::to_string(type)),
             fmt::format("Return {} or, as its id, String or ID.", command.event.entity->name));
  }

  // Each field of a new entity needs a source.
  void check_sources(const CommandKind& command) {
    const Entity& entity = *command.event.entity;
    for (std::size_t index = 0; index < entity.fields.size(); ++index) {
      const EntityField& field = entity.fields[index];
      bool made = index == entity.id_field || !field.natural.empty() || is_composite(field.type());
      if (made) continue;
      const graphql::InputValue* argument = command.field->argument(field.name);
      if (argument != nullptr && (argument->type.is_non_null() || argument->has_default())) continue;
      std::string type = graphql::to_string(field.type());
      complain(command.field->position,
               fmt::format("{} leaves {}.{} without a value, which is {}", quoted_call(*command.field), entity.name,
                           field.name, type),
               fmt::format("Add the argument \"{}: {}\", or make the field nullable.", field.name, type));
    }
  }

  // One event name has one meaning.
  void check_events() {
    for (const CommandKind& command : model_->commands) {
      const EventKind& first = *model_->event(command.event.name);
      if (first.entity == command.event.entity && first.operation == command.event.operation) continue;
      complain(command.field->position,
               fmt::format("the event \"{}\" of {} means something else already", command.event.name,
                           quoted_call(*command.field)),
               "Give it a name of its own: @event(name: \"…\").");
    }
  }

  // --- Queries ---

  void add_query(const Field& field) {
    const Entity* entity = model_->entity(*field.type.named);
    if (entity == nullptr) {
      complain(field.position, fmt::format("{} reads no entity", quoted_call(field)),
               "Return an entity or a list of one. " + known_entities());
      return;
    }
    bool list = field.type.lists == 1;
    const std::string& id = entity->fields.empty() ? entity->name : entity->fields[entity->id_field].name;
    const graphql::InputValue* by_id = field.argument(id);
    if (list && field.arguments.empty()) {
      model_->queries.push_back({.field = &field, .entity = entity});
    } else if (field.type.lists == 0 && by_id != nullptr && field.arguments.size() == 1) {
      model_->queries.push_back(
          {.field = &field, .entity = entity, .shape = QueryKind::Shape::by_id, .id_argument = by_id->index});
    } else {
      complain(field.position, fmt::format("how {} finds its answer is not part of this version", quoted_call(field)),
               fmt::format("Return a list without arguments, or one {0} by \"{1}: ID!\".", entity->name, id));
    }
  }

  graphql::SchemaPointer schema_;
  std::shared_ptr<Model> model_ = std::make_shared<Model>();
  SchemaErrors errors_{};
};

}  // namespace

CompileResult compile(std::string_view text, std::string_view file) {
  graphql::SchemaSource source{.text = text, .file = file};
  graphql::SchemaOptions options{.vocabulary = vocabulary_sdl, .scalars = scalar_bindings()};
  auto schema = graphql::build_schema({&source, 1}, options);
  if (!schema) return schema.error();
  return Compiler(*schema, std::filesystem::path(file).stem().string()).run();
}

}  // namespace millrace::app
