#include "base/json.h"

#include <simdjson.h>
#include <vector>

namespace millrace {
namespace {

namespace ondemand = simdjson::ondemand;

Error wrong_json(simdjson::error_code code) {
  switch (code) {
    case simdjson::EMPTY: return {ErrorCode::invalid, "the JSON text is empty"};
    case simdjson::UTF8_ERROR: return {ErrorCode::invalid, "the JSON text is not valid UTF-8"};
    case simdjson::DEPTH_ERROR: return {ErrorCode::invalid, "the JSON text is nested too deeply"};
    case simdjson::UNCLOSED_STRING: return {ErrorCode::invalid, "a string in the JSON text is not closed"};
    case simdjson::STRING_ERROR: return {ErrorCode::invalid, "a string in the JSON text is malformed"};
    case simdjson::NUMBER_ERROR: return {ErrorCode::invalid, "a number in the JSON text is malformed"};
    case simdjson::TRAILING_CONTENT: return {ErrorCode::invalid, "something follows the JSON value"};
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return {ErrorCode::invalid, "the JSON text ends too early"};
    default: return {ErrorCode::invalid, "the text is not valid JSON"};
  }
}

// Whether `text` (valid UTF-8 but for that) holds an encoded surrogate, which simdjson lets through.
bool has_surrogate(std::string_view text) {
  for (std::size_t at = text.find('\xed'); at != std::string_view::npos; at = text.find('\xed', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xa0) return true;
  }
  return false;
}

// SUCCESS when `source`, which begins with an n, is null.
simdjson::error_code check_null(auto&& source) {
  auto is_null = source.is_null();
  if constexpr (requires { is_null.error(); }) {
    if (auto code = is_null.error()) return code;
    return is_null.value_unsafe() ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
  } else {
    return is_null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
  }
}

// Copies what the parser walks over into the arena.
class TreeBuilder {
 public:
  TreeBuilder(std::pmr::memory_resource& arena, int depth_max) : arena_(arena), depth_max_(depth_max) {}

  simdjson::error_code build(auto&& source, JsonValue& out, int depth = 1) {
    ondemand::json_type type{};
    if (auto code = source.type().get(type)) return code;
    switch (type) {
      case ondemand::json_type::object: return depth > depth_max_ ? simdjson::DEPTH_ERROR : object(source, out, depth);
      case ondemand::json_type::array: return depth > depth_max_ ? simdjson::DEPTH_ERROR : array(source, out, depth);
      case ondemand::json_type::string: return string(source, out);
      case ondemand::json_type::number: return number(source, out);
      case ondemand::json_type::boolean: {
        bool value = false;
        auto code = source.get_bool().get(value);
        out = JsonValue(value);
        return code;
      }
      case ondemand::json_type::null: {
        out = JsonValue();
        return check_null(source);
      }
    }
    return simdjson::TAPE_ERROR;
  }

 private:
  simdjson::error_code object(auto& source, JsonValue& out, int depth) {
    ondemand::object object;
    if (auto code = source.get_object().get(object)) return code;
    std::vector<JsonMember> members;
    for (auto field : object) {
      JsonMember member;
      if (auto code = field.error()) return code;
      std::string_view name;
      if (auto code = field.unescaped_key().get(name)) return code;
      if (has_surrogate(name)) return simdjson::STRING_ERROR;
      member.name = keep(name);
      ondemand::value value;
      if (auto code = field.value().get(value)) return code;
      if (auto code = build(value, member.value, depth + 1)) return code;
      members.push_back(member);
    }
    out = JsonValue(keep_all<JsonMember>(members));
    return simdjson::SUCCESS;
  }

  simdjson::error_code array(auto& source, JsonValue& out, int depth) {
    ondemand::array array;
    if (auto code = source.get_array().get(array)) return code;
    std::vector<JsonValue> items;
    for (auto element : array) {
      ondemand::value value;
      if (auto code = element.get(value)) return code;
      if (auto code = build(value, items.emplace_back(), depth + 1)) return code;
    }
    out = JsonValue(keep_all<JsonValue>(items));
    return simdjson::SUCCESS;
  }

  simdjson::error_code string(auto& source, JsonValue& out) {
    std::string_view text;
    if (auto code = source.get_string().get(text)) return code;
    if (has_surrogate(text)) return simdjson::STRING_ERROR;
    out = JsonValue(keep(text));
    return simdjson::SUCCESS;
  }

  simdjson::error_code number(auto& source, JsonValue& out) {
    ondemand::number number;
    if (auto code = source.get_number().get(number)) {
      double wide = 0;  // beyond 64 bits
      if (auto worse = source.get_double().get(wide)) return worse;
      out = JsonValue(wide);
      return simdjson::SUCCESS;
    }
    if (number.is_int64()) {
      out = JsonValue(number.get_int64());
    } else {
      out = JsonValue(number.is_uint64() ? static_cast<double>(number.get_uint64()) : number.get_double());
    }
    return simdjson::SUCCESS;
  }

  std::string_view keep(std::string_view text) {
    auto* bytes = static_cast<char*>(arena_.allocate(text.size() + 1, 1));
    std::copy(text.begin(), text.end(), bytes);
    return {bytes, text.size()};
  }

  template <class T>
  std::span<const T> keep_all(const std::vector<T>& values) {
    auto* copy = static_cast<T*>(arena_.allocate(values.size() * sizeof(T) + 1, alignof(T)));
    std::uninitialized_copy(values.begin(), values.end(), copy);
    return {copy, values.size()};
  }

  std::pmr::memory_resource& arena_;
  int depth_max_;
};

static_assert(json_padding >= simdjson::SIMDJSON_PADDING);

simdjson::error_code build_root(ondemand::document& document, TreeBuilder& builder, JsonValue& root) {
  bool scalar = false;
  if (auto code = document.is_scalar().get(scalar)) return code;
  if (scalar) {
    if (auto code = builder.build(document, root)) return code;
  } else {
    ondemand::value value;
    if (auto code = document.get_value().get(value)) return code;
    if (auto code = builder.build(value, root)) return code;
  }
  const char* rest = nullptr;
  return document.current_location().get(rest) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

// The kind of a scalar or bracketed value and its text as written, checked.
simdjson::error_code read_text(ondemand::value value, JsonMembers::Member& member) {
  ondemand::json_type type{};
  if (auto code = value.type().get(type)) return code;
  if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
    bool object = type == ondemand::json_type::object;
    member.kind = object ? JsonValue::Kind::object : JsonValue::Kind::array;
    if (object) {
      ondemand::object inner;
      if (auto code = value.get_object().get(inner)) return code;
      return inner.raw_json().get(member.text);
    }
    ondemand::array inner;
    if (auto code = value.get_array().get(inner)) return code;
    return inner.raw_json().get(member.text);
  }
  member.text = value.raw_json_token();
  switch (type) {
    case ondemand::json_type::string: {
      member.kind = JsonValue::Kind::string;
      std::string_view unescaped;
      if (auto code = value.get_string().get(unescaped)) return code;
      return has_surrogate(unescaped) ? simdjson::STRING_ERROR : simdjson::SUCCESS;
    }
    case ondemand::json_type::number: {
      ondemand::number number;
      double wide = 0;
      auto code = value.get_number().get(number);
      member.kind = !code && number.is_int64() ? JsonValue::Kind::integer : JsonValue::Kind::number;
      return code ? value.get_double().get(wide) : code;
    }
    case ondemand::json_type::boolean: {
      member.kind = JsonValue::Kind::boolean;
      bool truth = false;
      return value.get_bool().get(truth);
    }
    default: member.kind = JsonValue::Kind::null; return check_null(value);
  }
}

ondemand::parser& shared_parser() {
  thread_local ondemand::parser parser;
  return parser;
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Whether `text` is one number (RFC 8259 section 6), of any size and precision.
bool is_json_number(std::string_view text) {
  auto digits = [&text] {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  bool zero = text.starts_with('0');
  std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

std::string_view without_space_behind(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

class ListWalk {
 public:
  explicit ListWalk(JsonListReader& reader) : reader_(reader) {}

  bool ended() const { return ended_; }

  simdjson::error_code walk(ondemand::array list, int depth) {
    if (!go_on(reader_.open_list())) return simdjson::SUCCESS;
    for (auto element : list) {
      ondemand::value value;
      if (auto code = element.get(value)) return code;
      if (auto code = visit(value, depth)) return code;
      if (ended_) return simdjson::SUCCESS;
    }
    go_on(reader_.close_list());
    return simdjson::SUCCESS;
  }

 private:
  simdjson::error_code visit(ondemand::value& value, int depth) {
    using Kind = JsonValue::Kind;
    ondemand::json_type type{};
    if (auto code = value.type().get(type)) return code;
    std::string_view text;
    switch (type) {
      case ondemand::json_type::string:
        if (auto code = value.get_string().get(text)) return code;
        return has_surrogate(text) ? simdjson::STRING_ERROR : tell(Kind::string, text);
      case ondemand::json_type::number:
        text = without_space_behind(value.raw_json_token());
        return is_json_number(text) ? tell(Kind::number, text) : simdjson::NUMBER_ERROR;
      case ondemand::json_type::boolean: {
        bool truth = false;
        if (auto code = value.get_bool().get(truth)) return code;
        return tell(Kind::boolean, truth ? "true" : "false");
      }
      case ondemand::json_type::null:
        if (auto code = check_null(value)) return code;
        return tell(Kind::null, "null");
      case ondemand::json_type::object: {
        ondemand::object object;
        if (auto code = value.get_object().get(object)) return code;
        if (auto code = object.raw_json().get(text)) return code;
        return tell(Kind::object, without_space_behind(text));
      }
      case ondemand::json_type::array: {
        ondemand::array inner;
        if (auto code = value.get_array().get(inner)) return code;
        if (depth > 1) return walk(inner, depth - 1);
        if (auto code = inner.raw_json().get(text)) return code;
        return tell(Kind::array, without_space_behind(text));
      }
    }
    return simdjson::TAPE_ERROR;
  }

  simdjson::error_code tell(JsonValue::Kind kind, std::string_view text) {
    go_on(reader_.item(kind, text));
    return simdjson::SUCCESS;
  }

  bool go_on(bool wanted) {
    ended_ = ended_ || !wanted;
    return wanted;
  }

  JsonListReader& reader_;
  bool ended_ = false;
};

// The code unit that the escape at `at` names, if it is a \u with four digits.
std::optional<unsigned> unicode_escape(std::string_view json, std::size_t at) {
  if (json.size() < at + 6 || json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  for (char letter : json.substr(at + 2, 4)) {
    unsigned small = static_cast<unsigned char>(letter | 0x20);
    if (is_digit(letter)) {
      unit = unit * 16 + static_cast<unsigned>(letter - '0');
    } else if (small >= 'a' && small <= 'f') {
      unit = unit * 16 + small - 'a' + 10;
    } else {
      return std::nullopt;
    }
  }
  return unit;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  if (kind_ != Kind::object) return nullptr;
  auto all = members();
  for (auto member = all.rbegin(); member != all.rend(); ++member) {
    if (member->name == name) return &member->value;
  }
  return nullptr;
}

Result<JsonDocument> JsonDocument::parse(std::string_view text, int depth_max) {
  std::string padded;
  padded.reserve(text.size() + json_padding);
  padded.assign(text);
  return parse_padded({padded.data(), text.size()}, depth_max);
}

Result<JsonDocument> JsonDocument::parse_padded(std::string_view text, int depth_max) {
  ondemand::parser& parser = shared_parser();
  constexpr std::size_t kept_max = 1 << 20;  // 1 MiB: a larger parser is given back after its use

  JsonDocument parsed;
  parsed.arena_ = std::make_unique<std::pmr::monotonic_buffer_resource>(1024 + text.size());
  TreeBuilder builder(*parsed.arena_, depth_max);
  ondemand::document document;
  auto code =
      parser.iterate(simdjson::padded_string_view(text.data(), text.size(), text.size() + json_padding)).get(document);
  if (!code) code = build_root(document, builder, parsed.root_);
  if (parser.capacity() > kept_max) parser = ondemand::parser{};
  if (code) return wrong_json(code);
  return parsed;
}

Result<void> JsonMembers::read(std::string_view object) {
  members_.clear();
  names_.clear();
  padded_.reserve(object.size() + json_padding);
  padded_.assign(object);

  auto walk = [&]() -> simdjson::error_code {
    ondemand::document document;
    ondemand::object fields;
    simdjson::padded_string_view text(padded_.data(), padded_.size(), padded_.size() + json_padding);
    if (auto code = shared_parser().iterate(text).get(document)) return code;
    if (auto code = document.get_object().get(fields)) return code;
    for (auto field : fields) {
      Member member;
      ondemand::raw_json_string key;
      ondemand::value value;
      if (auto code = field.key().get(key)) return code;
      if (auto code = field.unescaped_key().get(member.name)) return code;
      if (has_surrogate(member.name)) return simdjson::STRING_ERROR;
      bool escaped =
          std::string_view(key.raw(), member.name.size()) != member.name || key.raw()[member.name.size()] != '"';
      member.name = escaped ? std::string_view(names_.emplace_back(member.name))
                            : object.substr(static_cast<std::size_t>(key.raw() - padded_.data()), member.name.size());
      if (auto code = field.value().get(value)) return code;
      if (auto code = read_text(value, member)) return code;
      while (static_cast<unsigned char>(member.text.back()) <= ' ') member.text.remove_suffix(1);
      member.text = object.substr(static_cast<std::size_t>(member.text.data() - padded_.data()), member.text.size());
      members_.push_back(member);
    }
    const char* rest = nullptr;
    return document.current_location().get(rest) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  };
  if (auto code = walk()) return wrong_json(code);
  for (const Member& member : members_) {
    bool bracketed = member.kind == JsonValue::Kind::object || member.kind == JsonValue::Kind::array;
    if (!bracketed) continue;
    if (auto inner = JsonDocument::parse(member.text); !inner) return inner.error();
  }
  return {};
}

const JsonMembers::Member* JsonMembers::find(std::string_view name) const {
  for (auto member = members_.rbegin(); member != members_.rend(); ++member) {
    if (member->name == name) return &*member;
  }
  return nullptr;
}

Result<void> read_json_lists(std::string_view text, int depth, JsonListReader& reader) {
  ondemand::parser& parser = shared_parser();
  constexpr std::size_t kept_max = 1 << 20;  // 1 MiB: a larger parser is given back after its use

  auto read = [&]() -> simdjson::error_code {
    ondemand::document document;
    ondemand::array list;
    simdjson::padded_string_view padded(text.data(), text.size(), text.size() + json_padding);
    if (auto code = parser.iterate(padded).get(document)) return code;
    if (auto code = document.get_array().get(list)) return code;
    ListWalk walk(reader);
    if (auto code = walk.walk(list, depth)) return code;
    const char* rest = nullptr;
    return walk.ended() || document.current_location().get(rest) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  };
  auto code = read();
  if (parser.capacity() > kept_max) parser = ondemand::parser{};
  if (code) return wrong_json(code);
  return {};
}

std::optional<std::string> replace_lone_surrogates(std::string_view json) {
  std::optional<std::string> replaced;
  for (std::size_t at = json.find('\\'); at < json.size(); at = json.find('\\', at)) {
    auto unit = unicode_escape(json, at);
    if (!unit) {
      at += 2;  // the escaped character may be a backslash
      continue;
    }
    auto next = unicode_escape(json, at + 6);
    bool high = *unit >= 0xd800 && *unit < 0xdc00;
    bool low = *unit >= 0xdc00 && *unit < 0xe000;
    bool pair = high && next && *next >= 0xdc00 && *next < 0xe000;
    if ((high || low) && !pair) {
      if (!replaced) replaced.emplace(json);
      replaced->replace(at + 2, 4, "fffd");
    }
    at += pair ? 12 : 6;
  }
  return replaced;
}

}  // namespace millrace
