#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <re2/re2.h>

#include "store/json/path.h"
#include "store/json/path_syntax.h"
#include "store/json/text.h"

namespace millrace::store::json {
namespace {

constexpr int filter_depth_max = 64;  // parentheses in parentheses, and filters in the paths of filters

// What a name consists of where it stands without quotes.
constexpr auto is_name = [] {
  std::array<bool, 256> name{};
  for (std::size_t byte = 0; byte < name.size(); ++byte) {
    name[byte] = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                 byte >= 0x80 || std::string_view("-_`~+#%$^/:").find(static_cast<char>(byte)) != std::string::npos;
  }
  return name;
}();

constexpr bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

// Functions return whether all is well; the first fault is kept.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool whole_path(std::vector<Segment>& out) {
    if (!take("$")) return fail("$");
    if (!segments(out)) return false;
    return at_ == text_.size() || fail("a dot, a bracket or the end");
  }

  Error fault() const {
    return {ErrorCode::invalid, fmt::format("Error occurred on position {}, expected {}", fault_at_ + 1, expected_)};
  }

 private:
  bool segments(std::vector<Segment>& out) {
    while (peek() == '.' || peek() == '[') {
      Segment& segment = out.emplace_back();
      segment.descends = take("..");
      bool dotted = segment.descends || take(".");
      if (peek() == '[') {
        if (!bracket(segment)) return false;
      } else if (take("*")) {
        segment.selectors.push_back({.kind = Selector::Kind::all});
      } else if (dotted && !name(segment.selectors.emplace_back())) {
        return false;
      }
    }
    return true;
  }

  bool name(Selector& out) {
    std::size_t from = at_;
    while (at_ < text_.size() && is_name[static_cast<unsigned char>(text_[at_])]) ++at_;
    if (at_ == from) return fail("a name, * or [");
    out.kind = Selector::Kind::name;
    out.name = text_.substr(from, at_ - from);
    return true;
  }

  bool bracket(Segment& segment) {
    ++at_;
    do {
      skip_space();
      if (!selector(segment.selectors.emplace_back())) return false;
      skip_space();
    } while (take(","));
    return take("]") || fail(", or ]");
  }

  bool selector(Selector& out) {
    if (peek() == '"' || peek() == '\'') {
      out.kind = Selector::Kind::name;
      return quoted(out.name);
    }
    if (take("*")) return true;
    if (take("?")) {
      out.kind = Selector::Kind::filter;
      auto built = std::make_shared<Filter>();
      bool well = filter(*built);
      out.filter = std::move(built);
      return well;
    }
    return index_or_slice(out);
  }

  bool index_or_slice(Selector& out) {
    std::optional<std::int64_t> first;
    if (!optional_integer(first)) return false;
    skip_space();
    if (peek() != ':') {
      out.kind = Selector::Kind::index;
      out.index = first.value_or(0);
      return first || fail("a string, a number, a range, * or ?");
    }
    ++at_;
    out.kind = Selector::Kind::slice;
    out.from = first;
    std::optional<std::int64_t> step;
    if (!optional_integer(out.to)) return false;
    skip_space();
    if (take(":") && !optional_integer(step)) return false;
    out.step = step.value_or(1);
    return out.step != 0 || fail("a step other than 0");
  }

  bool optional_integer(std::optional<std::int64_t>& out) {
    skip_space();
    if (peek() != '-' && !is_digit(peek())) return true;
    std::int64_t number = 0;
    auto [end, wrong] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (wrong != std::errc{}) return fail("a number of 64 bits");
    at_ = static_cast<std::size_t>(end - text_.data());
    out = number;
    return true;
  }

  // Behind a backslash, quotes, slashes and the letters f n r t u mean what they mean in JSON; before anything else it
  // stays, as the patterns of =~ want it.
  bool quoted(std::string& out) {
    char quote = text_[at_++];
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] != '\\') {
        out += text_[at_];
        continue;
      }
      if (++at_ == text_.size()) break;
      if (!escape(out)) return false;
    }
    return take(std::string_view(&quote, 1)) || fail("the end of the string");
  }

  bool escape(std::string& out) {
    constexpr std::string_view letters = "fnrt\"'\\/";
    constexpr std::string_view meanings = "\f\n\r\t\"'\\/";
    if (text_[at_] == 'u') {
      auto character = parse(fmt::format("\"\\{}\"", text_.substr(at_, 5)));
      if (!character) return fail("four hexadecimal digits");
      out += *character->string();
      at_ += 4;
      return true;
    }
    std::size_t letter = letters.find(text_[at_]);
    if (letter == std::string_view::npos) out += '\\';
    out += letter == std::string_view::npos ? text_[at_] : meanings[letter];
    return true;
  }

  bool filter(Filter& out) {
    if (++filter_depth_ > filter_depth_max) return fail("fewer parentheses");
    bool well = joined(out, "||", Filter::Kind::either, [&](Filter& part) {
      return joined(part, "&&", Filter::Kind::both, [&](Filter& test) { return single(test); });
    });
    --filter_depth_;
    return well;
  }

  bool joined(Filter& out, std::string_view word, Filter::Kind kind, auto part) {
    if (!part(out)) return false;
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return true;
    Filter first = std::move(out);
    out = {.kind = kind};
    out.parts.push_back(std::move(first));
    while (take(word)) {
      if (!part(out.parts.emplace_back())) return false;
      skip_space();
    }
    return true;
  }

  bool single(Filter& out) {
    skip_space();
    if (take("!")) {
      out.kind = Filter::Kind::no;
      if (++filter_depth_ > filter_depth_max) return fail("fewer negations");
      bool well = single(out.parts.emplace_back());
      --filter_depth_;
      return well;
    }
    if (take("(")) {
      if (!filter(out)) return false;
      skip_space();
      return take(")") || fail(")");
    }
    if (!operand(out.left)) return false;
    skip_space();
    if (!comparison(out.kind)) return true;
    skip_space();
    if (!operand(out.right)) return false;
    if (out.kind == Filter::Kind::matches) compile(out.right);
    return true;
  }

  bool comparison(Filter::Kind& out) {
    constexpr std::pair<std::string_view, Filter::Kind> words[] = {
        {"==", Filter::Kind::equal},   {"!=", Filter::Kind::unequal},  {"=~", Filter::Kind::matches},
        {"<=", Filter::Kind::at_most}, {">=", Filter::Kind::at_least}, {"<", Filter::Kind::less},
        {">", Filter::Kind::greater},
    };
    for (auto [word, kind] : words) {
      if (!take(word)) continue;
      out = kind;
      return true;
    }
    return false;
  }

  bool operand(Operand& out) {
    if (peek() == '@' || peek() == '$') {
      out.kind = peek() == '@' ? Operand::Kind::current : Operand::Kind::root;
      ++at_;
      return segments(out.path);
    }
    if (peek() == '"' || peek() == '\'') {
      std::string text;
      if (!quoted(text)) return false;
      out.constant = Value(std::move(text));
      return true;
    }
    std::size_t from = at_;
    while (at_ < text_.size() && (is_name[static_cast<unsigned char>(text_[at_])] || text_[at_] == '.')) ++at_;
    auto constant = parse(text_.substr(from, at_ - from));
    if (!constant) {
      at_ = from;
      return fail("a path, a number, a string, true, false or null");
    }
    out.constant = std::move(*constant);
    return true;
  }

  // A pattern that is none matches nothing.
  static void compile(Operand& pattern) {
    auto* text = pattern.constant.string();
    if (pattern.kind != Operand::Kind::constant || !text) return;
    pattern.pattern = std::make_shared<const re2::RE2>(*text, re2::RE2::Quiet);
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void skip_space() {
    while (peek() == ' ') ++at_;
  }

  bool fail(std::string_view expected) {
    if (!expected_.empty()) return false;
    expected_ = expected;
    fault_at_ = at_;
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int filter_depth_ = 0;
  std::string_view expected_{};
  std::size_t fault_at_ = 0;
};

// A dollar that begins a name, as in "$a", begins a legacy path.
bool is_json_path(std::string_view text) {
  return text == "$" || text.starts_with("$.") || text.starts_with("$[");
}

std::string as_json_path(std::string_view legacy) {
  if (legacy == ".") return "$";
  return fmt::format("{}{}", legacy.starts_with('.') ? "$" : "$.", legacy);
}

}  // namespace

Result<Path> Path::parse(std::string_view text) {
  Path path;
  path.text_ = text;
  path.legacy_ = !is_json_path(text);
  path.json_path_ = path.legacy_ ? as_json_path(text) : path.text_;
  auto segments = std::make_shared<std::vector<Segment>>();
  Parser parser(path.json_path_);
  if (!parser.whole_path(*segments)) return parser.fault();
  path.segments_ = std::move(segments);
  return path;
}

Path Path::root(bool legacy) {
  Path path;
  path.text_ = legacy ? "." : "$";
  path.json_path_ = "$";
  path.legacy_ = legacy;
  path.segments_ = std::make_shared<const std::vector<Segment>>();
  return path;
}

bool Path::is_static() const {
  return std::ranges::all_of(*segments_, [](const Segment& segment) {
    if (segment.descends || segment.selectors.size() != 1) return false;
    return segment.selectors[0].kind == Selector::Kind::name || segment.selectors[0].kind == Selector::Kind::index;
  });
}

const std::string* Path::last_name() const {
  if (is_root() || !is_static()) return nullptr;
  const Selector& last = segments_->back().selectors[0];
  return last.kind == Selector::Kind::name ? &last.name : nullptr;
}

Path Path::parent() const {
  Path path = *this;
  path.segments_ = std::make_shared<const std::vector<Segment>>(segments_->begin(), segments_->end() - 1);
  return path;
}

}  // namespace millrace::store::json
