#include "app/vocabulary.h"

#include <algorithm>
#include <array>

namespace millrace::app {

const std::string_view vocabulary_sdl = R"(
directive @entity(key: String, set: String, store: Store = JSON, topic: String) on OBJECT
directive @id(gen: IdGen = ULID, prefix: String) on FIELD_DEFINITION
directive @event(name: String, of: String, do: Op, key: String, version: Int = 1) on FIELD_DEFINITION
directive @derive(to: String!, on: [String!]) repeatable on FIELD_DEFINITION
directive @index(key: String, order: String, unique: Boolean = false) repeatable on OBJECT | FIELD_DEFINITION
directive @inverse(of: String!, order: String) on FIELD_DEFINITION
directive @find(where: String, order: String, text: String, limit: Int) on FIELD_DEFINITION
directive @search(lang: String = "en", boost: Float = 1) on FIELD_DEFINITION
directive @tenant(from: String!, isolation: Isolation = DATABASE) on SCHEMA
directive @reject(when: String!, message: String!, code: String) repeatable on FIELD_DEFINITION
directive @live(on: [String!]) on FIELD_DEFINITION
directive @allow(if: String!, on: [Act!]) repeatable on OBJECT | FIELD_DEFINITION
directive @http(method: Method!, path: String!, select: String, as: String, status: Int = 200) on FIELD_DEFINITION
directive @hook(url: String!, on: [String!], mode: HookMode = NOTIFY, order: String = "self.id", retries: Int = 5, timeout: String = "10s") repeatable on SCHEMA | OBJECT | FIELD_DEFINITION
directive @view(of: [String!]!, by: String!) on OBJECT
directive @upcast(event: String!, from: Int!, set: [String!]!) repeatable on SCHEMA | FIELD_DEFINITION
directive @private(subject: String!) on FIELD_DEFINITION

enum Store { JSON HASH STRING }
enum Op { CREATE UPDATE DELETE }
enum Act { READ CREATE UPDATE DELETE }
enum IdGen { ULID UUIDV7 SEQUENCE CLOCK CLIENT AUTH }
enum Isolation { DATABASE PREFIX }
enum HookMode { NOTIFY CHECK }
enum Method { GET POST PUT PATCH DELETE }
scalar DateTime
scalar Point
)";

bool directive_runs(std::string_view name) {
  constexpr std::array<std::string_view, 3> running = {"entity", "event", "id"};
  return std::ranges::find(running, name) != running.end();
}

}  // namespace millrace::app
