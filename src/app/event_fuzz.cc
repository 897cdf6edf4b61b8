// Any bytes as a record's value: read as an event, projected, and written again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/compile.h"
#include "app/project.h"

namespace {

constexpr std::string_view schema = R"(
type Task @entity { id: ID! text: String! tags: [String!]! count: Int! share: Float done: Boolean! }
type Query { tasks: [Task] }
type Mutation {
  createTask(text: String!): Task @event
  updateTask(id: ID!, text: String, tags: [String!], count: Int, share: Float, done: Boolean): Task @event
})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace millrace::app;
  static const ModelPointer model = compile(schema, "fuzz.graphql").value();
  auto event = decode_event({reinterpret_cast<const char*>(bytes), size});
  if (!event) return 0;
  auto again = decode_event(encode(*event));
  if (!again || again->data != event->data || again->name != event->name) std::abort();
  auto aim = aim_of(*model, *event);
  if (!aim) return 0;
  auto change = project(*aim, EntityState{{"\"x\"", "\"t\"", "[]", "0", "null", "false"}}, *event);
  if (!change) return 0;
  const Entity& entity = *change->kind->entity;
  std::vector<std::string_view> columns(entity.fields.size());
  std::string json = to_json(entity, change->state);
  if (!read_columns(entity, json, columns)) std::abort();
  return 0;
}
