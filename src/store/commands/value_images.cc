#include "store/commands/value_images.h"

#include <algorithm>

#include "base/bytes.h"
#include "store/embedded/collection.h"
#include "store/embedded/list.h"
#include "store/embedded/sorted_set.h"
#include "store/embedded/stream_group.h"

namespace millrace::store {
namespace {

Result<rdb::Value> read_list(Keyspace& keys, std::string_view key) {
  auto list = List::open(keys, key);
  if (!list) return list.error();
  rdb::List image;
  auto done = list->each(0, list->size(), Direction::ascending, [&](std::uint64_t, std::string_view element) {
    image.elements.emplace_back(element);
    return Visit::more;
  });
  if (!done) return done.error();
  return rdb::Value(std::move(image));
}

Result<rdb::Value> read_set(Keyspace& keys, std::string_view key) {
  auto set = Collection::open(keys, key, Type::set);
  if (!set) return set.error();
  rdb::Set image;
  auto done = set->each([&](std::string_view member, std::string_view) {
    image.members.emplace_back(member);
    return Visit::more;
  });
  if (!done) return done.error();
  return rdb::Value(std::move(image));
}

Result<rdb::Value> read_hash(Keyspace& keys, std::string_view key) {
  auto hash = Collection::open(keys, key, Type::hash);
  if (!hash) return hash.error();
  rdb::Hash image;
  auto done = hash->each([&](std::string_view name, std::string_view value) {
    image.fields.push_back({std::string(name), std::string(value)});
    return Visit::more;
  });
  if (!done) return done.error();
  for (rdb::Field& field : image.fields) {
    auto entry = hash->get_entry(field.name);
    if (!entry) return entry.error();
    field.expires_at = *entry ? (*entry)->expires_at : 0;
  }
  return rdb::Value(std::move(image));
}

Result<rdb::Value> read_sorted_set(Keyspace& keys, std::string_view key) {
  auto set = SortedSet::open(keys, key);
  if (!set) return set.error();
  rdb::SortedSet image;
  auto done = set->each({}, Direction::ascending, [&](std::string_view member, double score) {
    image.members.push_back({std::string(member), score});
    return Visit::more;
  });
  if (!done) return done.error();
  return rdb::Value(std::move(image));
}

std::vector<std::string> sized_texts(std::string_view bytes) {
  std::vector<std::string> texts;
  for (ByteReader in(bytes); !in.at_end();) texts.emplace_back(in.sized());
  return texts;
}

Result<rdb::StreamGroup> read_group(StreamGroup& group) {
  rdb::StreamGroup image{group.name(), group.row().last, group.row().entries_read};
  auto done = group.each_consumer([&](std::string_view name, const ConsumerRow& row) {
    image.consumers.push_back({std::string(name), row.seen_at, row.active_at == 0 ? -1 : row.active_at});
  });
  if (!done) return done.error();
  auto pending = group.pending_between(stream_id_least, stream_id_most, SIZE_MAX);
  if (!pending) return pending.error();
  for (const StreamGroup::Pending& entry : *pending) {
    image.pending.push_back({entry.id, entry.row.delivered_at, entry.row.deliveries});
    for (rdb::StreamConsumer& consumer : image.consumers) {
      if (consumer.name == entry.row.consumer) consumer.pending.push_back(entry.id);
    }
  }
  return image;
}

Result<rdb::Value> read_stream(Keyspace& keys, std::string_view key) {
  auto stream = Stream::open(keys, key);
  if (!stream) return stream.error();
  rdb::Stream image{
      .last = stream->row().last, .deleted_most = stream->row().deleted_most, .added = stream->row().entries_added};
  auto done = stream->each(stream_id_least, stream_id_most, Direction::ascending,
                           [&](const StreamId& id, std::string_view fields) {
                             image.entries.push_back({id, sized_texts(fields)});
                             return Visit::more;
                           });
  if (!done) return done.error();
  auto groups = StreamGroup::all(*stream);
  if (!groups) return groups.error();
  for (StreamGroup& group : *groups) {
    auto read = read_group(group);
    if (!read) return read.error();
    image.groups.push_back(std::move(*read));
  }
  return rdb::Value(std::move(image));
}

struct Writer {
  Keyspace& keys;
  std::string_view key;

  Result<void> operator()(const rdb::String& string) const {
    return keys.put(key, std::nullopt, {.type = Type::string, .content = string.text});
  }

  Result<void> operator()(const rdb::Json& json) const {
    return keys.put(key, std::nullopt, {.type = Type::json, .content = json.text});
  }

  Result<void> operator()(const rdb::List& image) const {
    List list = List::none(keys, key);
    for (const std::string& element : image.elements) {
      if (auto done = list.push(List::End::tail, element); !done) return done;
    }
    return list.save({});
  }

  Result<void> operator()(const rdb::Set& image) const {
    auto set = Collection::open(keys, key, Type::set);
    if (!set) return set.error();
    for (const std::string& member : image.members) {
      if (auto is_new = set->put(member, {}); !is_new) return is_new.error();
    }
    return set->save();
  }

  Result<void> operator()(const rdb::Hash& image) const {
    auto hash = Collection::open(keys, key, Type::hash);
    if (!hash) return hash.error();
    for (const rdb::Field& field : image.fields) {
      bool over = field.expires_at != 0 && field.expires_at <= keys.now();
      if (over) continue;
      if (auto is_new = hash->put(field.name, field.value, field.expires_at); !is_new) return is_new.error();
    }
    return hash->save();
  }

  Result<void> operator()(const rdb::SortedSet& image) const {
    auto set = SortedSet::open(keys, key);
    if (!set) return set.error();
    for (const rdb::Score& score : image.members) {
      if (auto is_new = set->put(score.member, score.score); !is_new) return is_new.error();
    }
    return set->save();
  }

  Result<void> operator()(const rdb::Stream& image) const {
    auto stream = Stream::open(keys, key);
    if (!stream) return stream.error();
    if (auto done = stream->create(); !done) return done;
    for (const rdb::StreamEntry& entry : image.entries) stream->append(entry.id, entry.fields);
    stream->set_last(image.last);
    stream->set_deleted_most(image.deleted_most);
    stream->set_entries_added(image.added);
    for (const rdb::StreamGroup& group : image.groups) {
      if (auto done = write_group(*stream, group); !done) return done;
    }
    return stream->save();
  }

  static Result<void> write_group(Stream& stream, const rdb::StreamGroup& image) {
    StreamGroup group = StreamGroup::create(stream, image.name, image.last, image.entries_read);
    for (const rdb::StreamConsumer& consumer : image.consumers) {
      ConsumerRow& row = group.create_consumer(consumer.name);
      row.seen_at = consumer.seen_at;
      row.active_at = std::max<std::int64_t>(consumer.active_at, 0);
      for (const StreamId& id : consumer.pending) {
        auto entry = std::ranges::lower_bound(image.pending, id, {}, &rdb::PendingEntry::id);
        auto done = group.put_pending(id, std::nullopt, {consumer.name, entry->delivered_at, entry->deliveries});
        if (!done) return done;
      }
    }
    group.save();
    return {};
  }
};

}  // namespace

Result<rdb::Value> read_image(Keyspace& keys, std::string_view key, const KeyRow& row) {
  switch (row.type) {
    case Type::string: return rdb::Value(rdb::String{std::string(row.content)});
    case Type::json: return rdb::Value(rdb::Json{std::string(row.content)});
    case Type::list: return read_list(keys, key);
    case Type::set: return read_set(keys, key);
    case Type::hash: return read_hash(keys, key);
    case Type::sorted_set: return read_sorted_set(keys, key);
    case Type::stream: return read_stream(keys, key);
  }
  return rdb::Value(rdb::String{});
}

Result<void> write_image(Keyspace& keys, std::string_view key, const rdb::Value& value) {
  return std::visit(Writer{keys, key}, value);
}

}  // namespace millrace::store
