// Variables and documents from anywhere on a schema with every kind of type: whatever comes, the answer is JSON with
// data or errors, and nothing is unbounded. The input is a document, a zero byte, and JSON variables.

#include <cstdlib>
#include <string_view>

#include "graphql/execution/json_resolver.h"
#include "graphql/execution/service.h"
#include "graphql/schema/build.h"

namespace millrace::graphql {
namespace {

constexpr std::string_view sdl = R"(
  scalar Any
  enum E { A B }
  interface I { id: ID! i(x: Int): I }
  type T implements I { id: ID! i(x: Int): I list: [T!] text(in: In, one: One = {a: 1}): String needed: Int! }
  type U implements I { id: ID! i(x: Int): I e: E any(x: Any): Any }
  union V = T | U
  input In { a: Int! = 1 b: [In!] c: E d: String }
  input One @oneOf { a: Int b: In }
  type Query { t: T! i: I vs(first: Int = 2): [V] echo(in: In, one: One, ids: [ID!], f: Float, any: Any): String }
  type Mutation { t(in: In!): T u: U }
)";

constexpr std::string_view data = R"({
  "t": {"id": 1, "needed": 2, "text": {"$echo": 1}, "i": {"$type": "U", "id": "u", "e": "A", "any": {"x": [1]}},
        "list": [{"id": "a", "needed": null}, {"$error": "no"}, {"id": "b", "needed": 1}]},
  "i": {"$type": "T", "id": 3, "i": {"$type": "Nobody"}},
  "vs": [{"$type": "T", "id": "x"}, {"$type": "U", "e": "C"}, null, 7],
  "echo": {"$echo": 1},
  "u": {"$error": "no", "$code": "NOT_FOUND"}
})";

ServiceOptions small_options() {
  ServiceOptions options;
  options.cache_bytes_max = 1u << 20;
  return options;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void run(std::string_view query, std::string_view json) {
  static const SchemaPointer schema = build_schema(sdl).value();
  static const JsonDocument tree = JsonDocument::parse(data).value();
  static GraphqlService service(schema, small_options());
  auto variables = JsonDocument::parse(json);
  Request request{.query = query};
  if (variables && variables->root().is_object()) request.variables = &variables->root();
  JsonResolver resolver(*schema, tree.root());
  auto response = take_now(service.run(request, resolver));
  auto text = response.text();
  auto parsed = JsonDocument::parse(text, 512);
  require(parsed.has_value());
  bool executed = stage_of(response.outcome) == Stage::execute;
  require((parsed->root().find("data") != nullptr) == executed);
  require((parsed->root().find("errors") != nullptr) == (response.outcome != Outcome::data));
  require(take_now(service.run(request, resolver)).text() == text);
}

}  // namespace
}  // namespace millrace::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  auto split = input.find('\0');
  millrace::graphql::run(input.substr(0, split), split == input.npos ? "{}" : input.substr(split + 1));
  return 0;
}
