#include "app/model.h"

#include <algorithm>
#include <cctype>

namespace millrace::app {
namespace {

bool is_upper(char letter) {
  return std::isupper(static_cast<unsigned char>(letter)) != 0;
}

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

bool ends_with_any(std::string_view noun, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [noun](std::string_view ending) { return noun.ends_with(ending); });
}

}  // namespace

std::string KeyPattern::key(std::string_view id) const {
  std::string key;
  key.reserve(before.size() + id.size() + after.size());
  return key.append(before).append(id).append(after);
}

std::optional<std::string_view> KeyPattern::id(std::string_view key) const {
  if (key.size() <= before.size() + after.size() || !key.starts_with(before) || !key.ends_with(after)) return {};
  return key.substr(before.size(), key.size() - before.size() - after.size());
}

std::optional<std::size_t> Entity::field(std::string_view field_name) const {
  auto found = std::ranges::find(fields, field_name, &EntityField::name);
  if (found == fields.end()) return {};
  return static_cast<std::size_t>(found - fields.begin());
}

const EventKind* Model::event(std::string_view event_name) const {
  auto found = std::ranges::find_if(commands, [&](const CommandKind& kind) { return kind.event.name == event_name; });
  return found == commands.end() ? nullptr : &found->event;
}

const CommandKind* Model::command(const graphql::Field& field) const {
  auto found = std::ranges::find(commands, &field, &CommandKind::field);
  return found == commands.end() ? nullptr : &*found;
}

const QueryKind* Model::query(const graphql::Field& field) const {
  auto found = std::ranges::find(queries, &field, &QueryKind::field);
  return found == queries.end() ? nullptr : &*found;
}

const Entity* Model::entity(const graphql::NamedType& type) const {
  auto found = std::ranges::find_if(entities, [&](const auto& entity) { return entity->type == &type; });
  return found == entities.end() ? nullptr : found->get();
}

std::string Model::checkpoint_key(std::string_view topic) const {
  if (topics.empty() || topics.front() == topic) return "lastOffset";
  return "lastOffset:" + std::string(topic) + ":0";
}

bool Model::is_reserved(std::string_view key) const {
  if (key.starts_with(reserved_prefix) || key == "lastOffset" || key.starts_with("lastOffset:")) return true;
  return std::ranges::any_of(entities,
                             [key](const auto& entity) { return entity->set == key || entity->sequence_key == key; });
}

std::string kebab_case(std::string_view name) {
  std::string kebab;
  for (std::size_t at = 0; at < name.size(); ++at) {
    bool word_begins = is_upper(name[at]) && at > 0 &&
                       (!is_upper(name[at - 1]) ||
                        (at + 1 < name.size() && std::islower(static_cast<unsigned char>(name[at + 1])) != 0));
    if (word_begins && kebab.back() != '-') kebab += '-';
    kebab += name[at] == '_' ? '-' : lower(name[at]);
  }
  return kebab;
}

std::string lower_first(std::string_view name) {
  std::string text(name);
  if (!text.empty()) text[0] = lower(text[0]);
  return text;
}

std::string plural(std::string_view noun) {
  std::string text(noun);
  if (ends_with_any(noun, {"s", "x", "z", "ch", "sh"})) return text + "es";
  bool vowel_before = ends_with_any(noun, {"ay", "ey", "iy", "oy", "uy"});
  if (noun.ends_with('y') && !vowel_before) return text.substr(0, text.size() - 1) + "ies";
  return text + "s";
}

}  // namespace millrace::app
