#include "app/event.h"

#include <algorithm>

#include "base/json.h"
#include "base/json_writer.h"

namespace millrace::app {
namespace {

std::string text_member(const JsonMembers& members, std::string_view name) {
  const auto* member = members.find(name);
  return member == nullptr ? std::string{} : unquote(member->text).value_or("");
}

void read_envelope(const JsonMembers& members, Event& event) {
  event.id = text_member(members, "id");
  event.subject = text_member(members, "subject");
  if (auto time = from_rfc3339(text_member(members, "time"))) event.time = *time;
  if (const auto* version = members.find("version"); version != nullptr && version->kind == JsonValue::Kind::integer) {
    event.version = std::strtoull(std::string(version->text).c_str(), nullptr, 10);
  }
  if (const auto* actor = members.find("actor")) event.actor = unquote(actor->text);
}

}  // namespace

const std::string* Event::find(std::string_view member) const {
  auto found = std::ranges::find(data, member, &std::pair<std::string, std::string>::first);
  return found == data.end() ? nullptr : &found->second;
}

std::string encode(const Event& event) {
  std::string text;
  text.reserve(256);
  JsonWriter json(text);
  json.open_object().key("type").string(event.name).key("data").open_object();
  for (const auto& [name, value] : event.data) json.key(name).raw(value);
  json.close_object().key("id").string(event.id).key("time").string(to_rfc3339(event.time));
  json.key("subject").string(event.subject).key("version").integer(static_cast<std::int64_t>(event.version));
  if (event.actor) json.key("actor").string(*event.actor);
  json.close_object();
  return text;
}

Result<Event> decode_event(std::string_view value) {
  thread_local JsonMembers members;
  if (auto read = members.read(value); !read) return read.error();
  const auto* type = members.find("type");
  const auto* data = members.find("data");
  if (type == nullptr || type->kind != JsonValue::Kind::string) {
    return Error{ErrorCode::invalid, "the record has no \"type\""};
  }
  if (data == nullptr || data->kind != JsonValue::Kind::object) {
    return Error{ErrorCode::invalid, "the record has no \"data\" object"};
  }
  Event event;
  event.name = unquote(type->text).value_or("");
  read_envelope(members, event);
  std::string_view inner = data->text;
  if (auto read = members.read(inner); !read) return read.error();
  for (const auto& member : members.all()) event.data.emplace_back(member.name, member.text);
  return event;
}

std::optional<std::string> unquote(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return {};
  if (json.find('\\') == std::string_view::npos) return std::string(json.substr(1, json.size() - 2));
  auto document = JsonDocument::parse(json);
  if (!document || !document->root().is_string()) return {};
  return std::string(document->root().string());
}

std::string quote(std::string_view text) {
  std::string json;
  json.reserve(text.size() + 2);
  append_json_string(json, text);
  return json;
}

}  // namespace millrace::app
