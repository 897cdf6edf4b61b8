#include "app/entity_resolver.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/entity_state.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace millrace::app {

using graphql::FieldBatch;
using graphql::FieldResult;
using graphql::GraphqlError;
using graphql::GraphqlErrorCode;
using graphql::ObjectHandle;
using graphql::Value;
using store::Reply;

// An entity in the memory of a request: one piece of JSON for each of its fields.
struct EntityResolver::Row {
  const Entity* entity = nullptr;
  std::span<std::string_view> columns{};
};

namespace {

// Creation order: ids that count are compared as numbers where one is longer, the others by their bytes.
bool created_before(const Entity& entity, std::string_view left, std::string_view right) {
  bool counted = entity.ids == IdGenerator::sequence || entity.ids == IdGenerator::clock;
  if (counted && left.size() != right.size()) return left.size() < right.size();
  return left < right;
}

// A full disk, mostly. What the engine says of it names folders, which clients need not know.
GraphqlError cannot_store() {
  return {.message = "the server cannot store anything now; nothing was changed, try again later",
          .code = GraphqlErrorCode::limit_exceeded};
}

FieldResult result_of(FieldBatch& batch, const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::null: return {};
    case JsonValue::Kind::boolean: return FieldResult::boolean(value.boolean());
    case JsonValue::Kind::integer: return FieldResult::integer(value.integer());
    case JsonValue::Kind::number: return FieldResult::floating(value.number());
    case JsonValue::Kind::string: return FieldResult::string(batch.arena().copy(value.string()));
    case JsonValue::Kind::object: {
      std::string json;
      append_json(json, value);
      return FieldResult::json(batch.arena().copy(json));
    }
    case JsonValue::Kind::array: {
      auto items = batch.list(value.items().size());
      for (std::size_t at = 0; at < items.size(); ++at) items[at] = result_of(batch, value.items()[at]);
      return FieldResult::list(items);
    }
  }
  return {};
}

// The value of a field that `json` fits.
FieldResult result_of(FieldBatch& batch, std::string_view json, graphql::TypeRef type) {
  if (!type.is_list()) return FieldResult::json(json);
  auto document = JsonDocument::parse(json);
  return document ? result_of(batch, document->root()) : FieldResult{};
}

GraphqlError damaged(const Entity& entity, std::string_view id) {
  return {.message = fmt::format("what is stored of {} '{}' cannot be read", entity.name, id),
          .code = GraphqlErrorCode::internal_server_error};
}

}  // namespace

EntityResolver::EntityResolver(const Model& model, Runner& runner, Reads& reads, RequestIdentity identity)
    : model_(model), runner_(runner), reads_(reads), identity_(std::move(identity)) {}

EntityResolver::~EntityResolver() = default;

bool EntityResolver::resolve_now(FieldBatch& batch) {
  if (const QueryKind* query = model_.query(batch.field())) {
    resolve_query(batch, *query);
    return true;
  }
  if (model_.command(batch.field()) != nullptr) return false;
  resolve_field(batch);
  return true;
}

Async<void> EntityResolver::resolve(std::span<FieldBatch> batches) {
  for (FieldBatch& batch : batches) {
    if (const CommandKind* kind = model_.command(batch.field())) co_await resolve_mutation(batch, *kind);
  }
}

void EntityResolver::append_extensions(std::string& members) {
  if (offset_) fmt::format_to(std::back_inserter(members), "\"offset\":{}", *offset_);
}

// --- Queries ---

void EntityResolver::resolve_query(FieldBatch& batch, const QueryKind& query) {
  switch (query.shape) {
    case QueryKind::Shape::all: return resolve_all(batch, *query.entity);
    case QueryKind::Shape::by_id: return resolve_by_id(batch, query);
  }
}

// Two storage calls: the ids, then all entities.
void EntityResolver::resolve_all(FieldBatch& batch, const Entity& entity) {
  std::vector<store::Command> all;
  all.push_back(store::make_command("SMEMBERS", entity.set));
  auto members = reads_.read(std::move(all));
  if (!members) return batch.fail({.message = members.error().message});
  std::vector<std::string_view> ids;
  for (const Reply& member : members->front().elements) ids.push_back(member.text);
  std::ranges::sort(ids, [&](auto left, auto right) { return created_before(entity, left, right); });
  if (ids.empty()) {
    batch.results()[0] = FieldResult::list({});
    return;
  }

  bool together = entity.store != EntityStore::hash;  // by one MGET; hashes by as many commands in one call
  std::vector<store::Command> commands;
  if (together) {
    commands.emplace_back();
    commands.front().reserve(ids.size() + 1);
    commands.front().emplace_back("MGET");
  }
  for (std::string_view id : ids) {
    if (together) {
      commands.front().push_back(entity.key.key(id));
    } else {
      commands.push_back(load_command(entity, id));
    }
  }
  auto read = reads_.read(std::move(commands));
  if (!read) return batch.fail({.message = read.error().message});
  auto& replies = replies_.emplace_back(together ? std::move(read->front().elements) : std::move(*read));
  replies_.push_back(std::move(*members));  // the ids point into it

  auto items = batch.list(ids.size());
  for (std::size_t at = 0; at < ids.size(); ++at) items[at] = row(batch, entity, ids[at], replies[at]);
  batch.results()[0] = FieldResult::list(items);
}

void EntityResolver::resolve_by_id(FieldBatch& batch, const QueryKind& query) {
  std::string_view id = batch.arguments()[query.id_argument].as_string();
  if (id.empty() || model_.is_reserved(query.entity->key.key(id))) return;
  auto read = reads_.read({load_command(*query.entity, id)});
  if (!read) return batch.fail({.message = read.error().message});
  auto& replies = replies_.emplace_back(std::move(*read));
  if (loaded_state(*query.entity, id, replies[0])) batch.results()[0] = row(batch, *query.entity, id, replies[0]);
}

// --- Entities ---

FieldResult EntityResolver::row(FieldBatch& batch, const Entity& entity, std::string_view id, const Reply& reply) {
  auto columns = batch.arena().make_array<std::string_view>(entity.fields.size());
  if (entity.store == EntityStore::json) {
    bool readable = reply.kind == Reply::Kind::bulk && read_columns(entity, reply.text, columns);
    if (!readable) return batch.error(damaged(entity, id));
  } else {
    auto state = loaded_state(entity, id, reply);
    if (!state) return batch.error(damaged(entity, id));
    for (std::size_t at = 0; at < columns.size(); ++at) columns[at] = batch.arena().copy(state->fields[at]);
  }
  return FieldResult::object(ObjectHandle::of(batch.arena().make<Row>(&entity, columns)));
}

void EntityResolver::resolve_field(FieldBatch& batch) {
  for (std::size_t at = 0; at < batch.parents().size(); ++at) {
    const Row& row = *batch.parents()[at].as<Row>();
    const EntityField& field = row.entity->fields[batch.field().index];
    std::string_view json = row.columns[batch.field().index];
    if (json.empty() || json == "null") continue;
    batch.results()[at] =
        fits(json, field.type())
            ? result_of(batch, json, field.type())
            : batch.error(GraphqlError{.message = fmt::format("{}.{} is stored as {}, which is no {}", row.entity->name,
                                                              field.name, json, graphql::to_string(field.type()))});
  }
}

// --- Mutations ---

Async<void> EntityResolver::resolve_mutation(FieldBatch& batch, const CommandKind& kind) {
  Command command{.kind = &kind, .arguments = batch.arguments(), .actor = identity_.actor};
  if (!identity_.idempotency_key.empty()) {
    // One key serves the whole request; each of its fields is a command of its own.
    command.idempotency_key = fmt::format("{}/{}", identity_.idempotency_key, batch.step().response_key);
  }
  auto done = co_await runner_.run(std::move(command));
  if (!done) {
    bool refused = done.error().code == ErrorCode::unavailable;
    batch.results()[0] = refused ? batch.error(cannot_store()) : batch.error(done.error());
    co_return;
  }
  const Answer& answer = answers_.emplace_back(std::move(*done));
  offset_ = answer.offset;
  if (kind.answers_id) {
    batch.results()[0] = FieldResult::string(answer.id);
    co_return;
  }
  const Entity& entity = *kind.event.entity;
  auto columns = batch.arena().make_array<std::string_view>(entity.fields.size());
  std::ranges::copy(answer.state.fields, columns.begin());
  batch.results()[0] = FieldResult::object(ObjectHandle::of(batch.arena().make<Row>(&entity, columns)));
}

}  // namespace millrace::app
