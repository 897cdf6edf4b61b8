#include "store/embedded/whole_keys.h"

#include "base/bytes.h"
#include "store/embedded/packed.h"

namespace millrace::store {
namespace {

struct FieldExpiry {
  std::string field{};
  std::int64_t at = 0;
};

// The value of a field begins with a byte: 0, or 1 and the time when it expires.
void gather_expiry(std::vector<FieldExpiry>& expiries, std::string_view field, std::string_view stored) {
  ByteReader in(stored);
  if (in.byte() == 0) return;
  auto at = static_cast<std::int64_t>(in.big_endian<std::uint64_t>());
  if (in.ok()) expiries.push_back({std::string(field), at});
}

struct Element {
  std::string member{};
  std::string value{};
};

// Copies the elements under a generation of their own, which is returned.
Result<Generation> copy_elements(Keyspace& keys, Generation from) {
  std::vector<Element> elements;
  auto done = keys.each_element(from, [&](std::string_view member, std::string_view value) {
    elements.push_back({std::string(member), std::string(value)});
    return Visit::more;
  });
  if (!done) return done.error();
  auto generation = keys.take_generation();
  if (!generation) return generation;
  for (const Element& element : elements) keys.put_element(*generation, element.member, element.value);
  return generation;
}

}  // namespace

Result<void> renew_field_expiries(Keyspace& keys, std::string_view key, const KeyRow& row) {
  if (row.type != Type::hash) return {};
  std::vector<FieldExpiry> expiries;
  if (row.spread) {
    auto done = keys.each_element(row.generation, [&](std::string_view field, std::string_view stored) {
      gather_expiry(expiries, field, stored);
      return Visit::more;
    });
    if (!done) return done;
  } else {
    for (std::string_view rest = row.content; !rest.empty();) {
      auto [field, stored] = take_packed(rest);
      gather_expiry(expiries, field, stored);
    }
  }
  for (const FieldExpiry& expiry : expiries) keys.expire_field(key, expiry.field, expiry.at);
  return {};
}

Result<void> move_key(Keyspace& keys, std::string_view from, const KeyRow& row, std::string_view to,
                      const std::optional<KeyRow>& before) {
  std::string content(row.content);
  KeyRow moved = row;
  moved.content = content;
  if (auto done = keys.detach(from, row); !done) return done;
  if (auto done = keys.put(to, before, moved); !done) return done;
  return renew_field_expiries(keys, to, moved);
}

Result<void> copy_key(Keyspace& keys, const KeyRow& row, std::string_view to, const std::optional<KeyRow>& before) {
  std::string content(row.content);
  KeyRow copied = row;
  copied.content = content;
  if (row.spread) {
    auto generation = copy_elements(keys, row.generation);
    if (!generation) return generation.error();
    copied.generation = *generation;
  }
  if (auto done = keys.put(to, before, copied); !done) return done;
  return renew_field_expiries(keys, to, copied);
}

}  // namespace millrace::store
