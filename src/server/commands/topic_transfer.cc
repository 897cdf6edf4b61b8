#include "server/commands/topic_transfer.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <iostream>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "front/topic_records.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

constexpr std::uint64_t page_records = 1'000;
constexpr std::int64_t follow_wait = 30'000;      // milliseconds, and then asks again
constexpr std::size_t batch_records_max = 1'000;  // of an import: some milliseconds of the server
constexpr std::size_t batch_bytes_max = std::size_t{1} << 20;

Result<JsonDocument> ask(TopicSession& session, const std::string& request) {
  auto answer = session.ask("/admin/records", request);
  if (!answer) return answer.error();
  return JsonDocument::parse(*answer);
}

// What "from" is in a request.
Result<std::string> from_json(const std::string& text) {
  std::string out;
  if (text == "earliest" || text == "latest") {
    append_json_string(out, text);
    return out;
  }
  if (!text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == text.npos) return text;
  if (auto time = from_rfc3339(text)) return fmt::format(R"({{"time":{}}})", time->time_since_epoch().count());
  return Error{ErrorCode::invalid,
               fmt::format("'{}' is no place to begin: write earliest, latest, an offset, or a time such as "
                           "2024-05-01T12:00:00Z",
                           text)};
}

// Pages of a topic, one after the other.
class Pages {
 public:
  Pages(TopicSession& session, const TopicRequest& asked, std::string from)
      : session_(session), asked_(asked), from_(std::move(from)) {}

  // The next page; empty at the end, unless `wait` says to wait for more.
  Result<void> next(std::int64_t wait) {
    std::string request;
    JsonWriter json(request);
    json.open_object().key("do").string("read").key("name").string(asked_.name);
    json.key("limit").integer(static_cast<std::int64_t>(page_records));
    if (wait > 0) json.key("wait").integer(wait);
    if (positions_.empty()) {
      json.key("from").raw(from_);
      if (asked_.partition) json.key("partition").integer(static_cast<std::int64_t>(*asked_.partition));
    } else {
      json.key("positions").raw(positions_);
    }
    json.close_object();
    auto page = ask(session_, request);
    if (!page) return page.error();
    page_ = std::move(*page);
    positions_.clear();
    append_json(positions_, *page_.root().find("positions"));
    return {};
  }

  std::span<const JsonValue> records() const { return page_.root().find("records")->items(); }

  // How many offsets lie between where it is and where the topic ends.
  std::uint64_t left() const {
    std::uint64_t left = 0;
    auto positions = page_.root().find("positions")->items(), ends = page_.root().find("ends")->items();
    for (std::size_t i = 0; i < positions.size(); ++i) {
      auto at = positions[i].items()[1].integer(), end = ends[i].items()[1].integer();
      if (end > at) left += static_cast<std::uint64_t>(end - at);
    }
    return left;
  }

 private:
  TopicSession& session_;
  const TopicRequest& asked_;
  std::string from_;
  std::string positions_{};
  JsonDocument page_{};
};

std::string text(const JsonValue& record, std::string_view name, std::string_view otherwise) {
  const JsonValue* plain = record.find(name);
  if (plain != nullptr && plain->is_string()) return std::string(plain->string());
  bool bytes = record.find(std::string(name) + "_base64url") != nullptr;
  return std::string(bytes ? "(bytes)" : otherwise);
}

void print_record(const JsonValue& record, Output output) {
  std::string line;
  if (output == Output::json) {
    append_json(line, record);
  } else {
    Timestamp time(std::chrono::milliseconds(record.find("timestamp")->integer()));
    line = fmt::format("{}:{}  {}  {}  {}", record.find("partition")->integer(), record.find("offset")->integer(),
                       to_rfc3339(time), text(record, "key", "-"), text(record, "value", "(tombstone)"));
  }
  fmt::print("{}\n", line);
}

Result<void> read_history(TopicSession& session, const TopicRequest& asked, Output output) {
  std::uint64_t left = asked.limit.value_or(UINT64_MAX);
  for (std::uint64_t version = 1; left > 0;) {
    std::string request;
    JsonWriter json(request);
    json.open_object().key("do").string("read").key("name").string(asked.name).key("key").string(*asked.key);
    json.key("version").integer(static_cast<std::int64_t>(version));
    json.key("limit").integer(static_cast<std::int64_t>(std::min(left, page_records))).close_object();
    auto page = ask(session, request);
    if (!page) return page.error();
    auto records = page->root().find("records")->items();
    if (records.empty()) return {};
    for (const JsonValue& record : records) print_record(record, output);
    left -= std::min<std::uint64_t>(left, records.size());
    version = static_cast<std::uint64_t>(page->root().find("version")->integer());
  }
  return {};
}

std::string write_request(const TopicRequest& asked, const std::vector<std::string>& records) {
  std::string request;
  JsonWriter json(request);
  json.open_object().key("do").string("write").key("name").string(asked.name).key("records").open_array();
  for (const std::string& record : records) json.raw(record);
  json.close_array().close_object();
  return request;
}

// Takes lines, and sends them on in batches.
class Batches {
 public:
  Batches(TopicSession& session, const TopicRequest& asked) : session_(session), asked_(asked) {}

  Result<void> add(std::string record) {
    bytes_ += record.size();
    records_.push_back(std::move(record));
    if (records_.size() < batch_records_max && bytes_ < batch_bytes_max) return {};
    return send();
  }

  Result<void> send() {
    if (records_.empty()) return {};
    auto answer = session_.ask("/admin/records", write_request(asked_, records_));
    if (!answer) return answer.error();
    last_ = std::move(*answer);
    sent_ += records_.size();
    records_.clear();
    bytes_ = 0;
    return {};
  }

  std::uint64_t sent() const { return sent_; }
  const std::string& last_answer() const { return last_; }

 private:
  TopicSession& session_;
  const TopicRequest& asked_;
  std::vector<std::string> records_{};
  std::size_t bytes_ = 0;
  std::uint64_t sent_ = 0;
  std::string last_{};
};

Result<std::string> record_of(const TopicRequest& asked, const std::string& value) {
  std::string record;
  JsonWriter json(record);
  json.open_object();
  if (asked.key) front::append_bytes_member(json, "key", *asked.key);
  if (asked.partition) json.key("partition").integer(static_cast<std::int64_t>(*asked.partition));
  front::append_bytes_member(json, "value", value);
  json.key("headers").open_array();
  for (const std::string& header : asked.headers) {
    std::size_t equals = header.find('=');
    if (equals == header.npos) {
      return Error{ErrorCode::invalid, fmt::format("'{}' is no header: write name=value", header)};
    }
    json.open_array().string(header.substr(0, equals)).string(header.substr(equals + 1)).close_array();
  }
  json.close_array().close_object();
  return record;
}

Error cannot_open(const std::string& file) {
  return {ErrorCode::not_found, fmt::format("{} cannot be opened", file)};
}

}  // namespace

Result<void> read_topic(TopicSession& session, const TopicRequest& asked, Output output) {
  if (asked.key) return read_history(session, asked, output);
  auto from = from_json(asked.from);
  if (!from) return from.error();
  Pages pages(session, asked, std::move(*from));
  for (std::uint64_t left = asked.limit.value_or(UINT64_MAX);;) {
    if (auto read = pages.next(asked.follow ? follow_wait : 0); !read) return read.error();
    for (const JsonValue& record : pages.records()) {
      print_record(record, output);
      if (--left == 0) return {};
    }
    if (std::fflush(stdout) != 0) return {};  // nobody reads any more
    if (pages.records().empty() && !asked.follow) return {};
  }
}

Result<void> write_topic(TopicSession& session, const TopicRequest& asked, Output output) {
  Batches batches(session, asked);
  auto add = [&](const std::string& value) -> Result<void> {
    auto record = record_of(asked, value);
    if (!record) return record.error();
    return batches.add(std::move(*record));
  };
  if (asked.value) {
    if (auto added = add(*asked.value); !added) return added.error();
  } else {
    for (std::string line; std::getline(std::cin, line);) {
      if (auto added = add(line); !added) return added.error();
    }
  }
  if (auto sent = batches.send(); !sent) return sent.error();
  if (output == Output::json && !batches.last_answer().empty()) {
    fmt::print("{}\n", batches.last_answer());
  } else {
    fmt::print("{} {} written\n", grouped(batches.sent()), batches.sent() == 1 ? "record" : "records");
  }
  return {};
}

Result<void> export_topic(TopicSession& session, const TopicRequest& asked) {
  std::ofstream file;
  bool to_file = asked.file != "-";
  if (to_file) file.open(asked.file, std::ios::binary | std::ios::trunc);
  if (to_file && !file) return cannot_open(asked.file);
  std::ostream& out = to_file ? file : std::cout;
  ProgressBar bar("exporting", "records");
  Pages pages(session, asked, R"("earliest")");
  std::uint64_t done = 0;
  for (std::string line;;) {
    if (auto read = pages.next(0); !read) return read.error();
    if (pages.records().empty()) break;
    for (const JsonValue& record : pages.records()) {
      line.clear();
      append_json(line, record);
      out << line << '\n';
    }
    done += pages.records().size();
    if (!out)
      return Error{ErrorCode::unavailable, fmt::format("{} cannot be written", to_file ? asked.file : "the output")};
    bar.show(done, done + pages.left());
  }
  out.flush();
  if (!out)
    return Error{ErrorCode::unavailable, fmt::format("{} cannot be written", to_file ? asked.file : "the output")};
  bar.finish();
  if (to_file) fmt::print("{} records exported to {}\n", grouped(done), asked.file);
  return {};
}

Result<void> import_topic(TopicSession& session, const TopicRequest& asked) {
  std::ifstream file;
  bool from_file = asked.file != "-";
  if (from_file) file.open(asked.file, std::ios::binary);
  if (from_file && !file) return cannot_open(asked.file);
  std::istream& in = from_file ? file : std::cin;
  std::error_code unknown;
  std::uint64_t bytes_total = from_file ? std::filesystem::file_size(asked.file, unknown) : 0;
  ProgressBar bar("importing", from_file ? "bytes" : "records");
  Batches batches(session, asked);
  std::uint64_t lines = 0, bytes = 0;
  auto at_line = [&](const Error& error) {
    return Error{error.code, fmt::format("{} (at line {}; {} records were imported before)", error.message,
                                         grouped(lines), grouped(batches.sent()))};
  };
  for (std::string line; std::getline(in, line);) {
    ++lines;
    bytes += line.size() + 1;
    if (line.empty()) continue;
    auto parsed = JsonDocument::parse(line);
    if (!parsed) return at_line(parsed.error());
    if (!parsed->root().is_object()) return at_line({ErrorCode::invalid, "the line is no JSON object"});
    if (auto added = batches.add(line); !added) return at_line(added.error());
    if (from_file) bar.show(bytes, std::max(bytes, bytes_total));
  }
  if (auto sent = batches.send(); !sent) return at_line(sent.error());
  bar.finish();
  fmt::print("{} records imported into '{}'\n", grouped(batches.sent()), asked.name);
  return {};
}

}  // namespace millrace::server
