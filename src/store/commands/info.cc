// INFO: the state of the server in lines of text. A database sees its own keys; counts are of the whole server.

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <unistd.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/process_facts.h"
#include "store/commands/settings.h"
#include "store/commands/text.h"
#include "store/embedded/libraries.h"
#include "store/scripting/scripting_state.h"

namespace millrace::store {
namespace {

class Lines {
 public:
  template <class Value>
  void add(std::string_view name, const Value& value) {
    fmt::format_to(std::back_inserter(text_), "{}:{}\r\n", name, value);
  }
  void open(std::string_view title) {
    if (!text_.empty()) text_ += "\r\n";
    fmt::format_to(std::back_inserter(text_), "# {}\r\n", title);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_{};
};

using Section = Result<void> (*)(Call& call, Lines& lines);

Result<void> server(Call& call, Lines& lines) {
  std::int64_t up = (call.now() - call.live().started.time_since_epoch().count()) / 1000;
  lines.add("redis_version", "7.2.4");
  lines.add("redis_git_sha1", "00000000");
  lines.add("redis_git_dirty", 0);
  lines.add("redis_build_id", "0");
  lines.add("redis_mode", "standalone");
  lines.add("server_name", "millrace");
  lines.add("os", operating_system());
  lines.add("arch_bits", 64);
  lines.add("monotonic_clock", "POSIX clock_gettime");
  lines.add("multiplexing_api", "epoll");
  lines.add("atomicvar_api", "c11-builtin");
  lines.add("gcc_version", fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__));
  lines.add("process_id", getpid());
  lines.add("process_supervised", "no");
  lines.add("run_id", run_id());
  lines.add("tcp_port", setting(call.live(), call.keys.database(), "port"));
  lines.add("server_time_usec", call.now() * 1000);
  lines.add("uptime_in_seconds", up);
  lines.add("uptime_in_days", up / 86'400);
  lines.add("hz", 10);
  lines.add("configured_hz", setting(call.live(), call.keys.database(), "hz"));
  lines.add("lru_clock", call.now() / 1000 & 0xffffff);
  lines.add("executable", "/millrace");
  lines.add("config_file", "");
  lines.add("io_threads_active", 0);
  return {};
}

Result<void> clients(Call& call, Lines& lines) {
  lines.add("connected_clients", call.live().counts.clients);
  lines.add("cluster_connections", 0);
  lines.add("maxclients", setting(call.live(), call.keys.database(), "maxclients"));
  lines.add("client_recent_max_input_buffer", 0);
  lines.add("client_recent_max_output_buffer", 0);
  lines.add("blocked_clients", call.live().blocked.clients());
  lines.add("tracking_clients", call.live().tracked.size(call.keys.database()).clients);
  lines.add("clients_in_timeout_table", 0);
  lines.add("total_blocking_keys", call.live().blocked.keys());
  lines.add("total_blocking_keys_on_nokey", call.live().blocked.keys_needed());
  return {};
}

// What bounds the bytes of the database, or what clients think does.
std::uint64_t bytes_max(Call& call) {
  if (call.context().limits.bytes_max != 0) return call.context().limits.bytes_max;
  return static_cast<std::uint64_t>(integer_setting(call.live(), call.keys.database(), "maxmemory"));
}

// The scripts and functions of the database.
Result<void> scripts(Call& call, Lines& lines) {
  const LoadedScripts& loaded = LoadedScripts::of(call.live());
  auto libraries = read_libraries(call.keys.unit(), call.keys.database());
  if (!libraries) return libraries.error();
  const std::uint64_t bytes = loaded.memory(call.keys.database());
  lines.add("used_memory_lua", bytes);
  lines.add("used_memory_lua_human", human_bytes(bytes));
  lines.add("used_memory_scripts", bytes);
  lines.add("used_memory_scripts_human", human_bytes(bytes));
  lines.add("number_of_cached_scripts", loaded.cached_scripts(call.keys.database()));
  lines.add("number_of_libraries", libraries->size());
  return {};
}

Result<void> memory(Call& call, Lines& lines) {
  ProcessMemory used = process_memory();
  auto add_bytes = [&](const std::string& name, std::uint64_t bytes) {
    lines.add(name, bytes);
    lines.add(name + "_human", human_bytes(bytes));
  };
  add_bytes("used_memory", used.resident);
  add_bytes("used_memory_rss", used.resident);
  add_bytes("used_memory_peak", used.resident_most);
  lines.add("used_memory_peak_perc",
            fmt::format("{:.2f}%", 100.0 * static_cast<double>(used.resident) /
                                       static_cast<double>(std::max<std::uint64_t>(used.resident_most, 1))));
  lines.add("used_memory_overhead", 0);
  lines.add("used_memory_startup", 0);
  lines.add("used_memory_dataset", used.resident);
  lines.add("allocator_allocated", used.resident);
  lines.add("allocator_active", used.resident);
  lines.add("allocator_resident", used.resident);
  add_bytes("total_system_memory", used.machine);
  if (auto done = scripts(call, lines); !done) return done;
  add_bytes("maxmemory", bytes_max(call));
  lines.add("maxmemory_policy", setting(call.live(), call.keys.database(), "maxmemory-policy"));
  lines.add("allocator_frag_ratio", "1.00");
  lines.add("allocator_frag_bytes", 0);
  lines.add("mem_fragmentation_ratio", "1.00");
  lines.add("mem_fragmentation_bytes", 0);
  lines.add("mem_not_counted_for_evict", 0);
  lines.add("mem_clients_slaves", 0);
  lines.add("mem_clients_normal", 0);
  lines.add("mem_aof_buffer", 0);
  lines.add("mem_allocator", "jemalloc");
  lines.add("active_defrag_running", 0);
  lines.add("lazyfree_pending_objects", 0);
  lines.add("lazyfreed_objects", 0);
  return {};
}

Result<void> persistence(Call& call, Lines& lines) {
  auto keys = call.keys.size();
  if (!keys) return keys.error();
  auto bytes = call.keys.bytes();
  if (!bytes) return bytes.error();
  lines.add("loading", 0);
  lines.add("async_loading", 0);
  lines.add("rdb_changes_since_last_save", call.live().counts.changes);
  lines.add("rdb_bgsave_in_progress", 0);
  lines.add("rdb_last_save_time", call.now() / 1000);
  lines.add("rdb_last_bgsave_status", "ok");
  lines.add("rdb_last_bgsave_time_sec", 0);
  lines.add("rdb_current_bgsave_time_sec", -1);
  lines.add("rdb_saves", 0);
  lines.add("aof_enabled", 0);
  lines.add("aof_rewrite_in_progress", 0);
  lines.add("aof_rewrite_scheduled", 0);
  lines.add("aof_last_rewrite_time_sec", -1);
  lines.add("aof_current_rewrite_time_sec", -1);
  lines.add("aof_last_bgrewrite_status", "ok");
  lines.add("aof_last_write_status", "ok");
  lines.add("total_keys", *keys);
  if (*bytes) {
    lines.add("total_data_size", **bytes);
    lines.add("total_data_size_human", human_bytes(**bytes));
    lines.add("max_data_size", call.context().limits.bytes_max);
    lines.add("max_data_size_human", human_bytes(call.context().limits.bytes_max));
  }
  return {};
}

Result<void> stats(Call& call, Lines& lines) {
  LiveState& live = call.live();
  live.pace.measure(call.now(), live.counts.commands);
  lines.add("total_connections_received", live.counts.connections);
  lines.add("total_commands_processed", live.counts.commands);
  lines.add("instantaneous_ops_per_sec", live.pace.per_second);
  lines.add("max_ops_per_sec", call.context().limits.commands_per_second_max);
  lines.add("total_net_input_bytes", 0);
  lines.add("total_net_output_bytes", 0);
  lines.add("instantaneous_input_kbps", "0.00");
  lines.add("instantaneous_output_kbps", "0.00");
  lines.add("rejected_connections", 0);
  lines.add("sync_full", 0);
  lines.add("sync_partial_ok", 0);
  lines.add("sync_partial_err", 0);
  lines.add("expired_keys", live.counts.expired_keys);
  lines.add("expired_stale_perc", "0.00");
  lines.add("expired_time_cap_reached_count", 0);
  lines.add("evicted_keys", 0);
  lines.add("evicted_clients", 0);
  lines.add("keyspace_hits", live.counts.keyspace_hits);
  lines.add("keyspace_misses", live.counts.keyspace_misses);
  lines.add("pubsub_channels", live.pubsub.names(call.keys.database(), Subscription::channel).size());
  lines.add("pubsub_patterns", live.pubsub.names(call.keys.database(), Subscription::pattern).size());
  lines.add("pubsubshard_channels", live.pubsub.names(call.keys.database(), Subscription::shard).size());
  lines.add("latest_fork_usec", 0);
  lines.add("total_forks", 0);
  lines.add("migrate_cached_sockets", 0);
  lines.add("slave_expires_tracked_keys", 0);
  lines.add("active_defrag_hits", 0);
  const auto tracked = live.tracked.size(call.keys.database());
  lines.add("tracking_total_keys", tracked.keys);
  lines.add("tracking_total_items", tracked.items);
  lines.add("tracking_total_prefixes", tracked.prefixes);
  lines.add("unexpected_error_replies", 0);
  lines.add("total_error_replies", live.counts.errors);
  lines.add("dump_payload_sanitizations", 0);
  return {};
}

Result<void> replication(Call& call, Lines& lines) {
  lines.add("role", "master");
  lines.add("connected_slaves", 0);
  lines.add("master_failover_state", "no-failover");
  lines.add("master_replid", run_id());
  lines.add("master_replid2", std::string(40, '0'));
  lines.add("master_repl_offset", 0);
  lines.add("second_repl_offset", -1);
  lines.add("repl_backlog_active", 0);
  lines.add("repl_backlog_size", setting(call.live(), call.keys.database(), "repl-backlog-size"));
  lines.add("repl_backlog_first_byte_offset", 0);
  lines.add("repl_backlog_histlen", 0);
  return {};
}

Result<void> cpu(Call&, Lines& lines) {
  ProcessTimes times = process_times();
  lines.add("used_cpu_sys", fmt::format("{:.6f}", times.system));
  lines.add("used_cpu_user", fmt::format("{:.6f}", times.user));
  lines.add("used_cpu_sys_children", "0.000000");
  lines.add("used_cpu_user_children", "0.000000");
  return {};
}

Result<void> nothing(Call&, Lines&) {
  return {};
}

Result<void> commandstats(Call& call, Lines& lines) {
  const auto& counts = call.live().statistics.by_row();
  auto rows = command_table();
  for (std::size_t i = 0; i < counts.size() && i < rows.size(); ++i) {
    const CommandCounts& of = counts[i];
    if (of.calls == 0 && of.rejected == 0) continue;
    auto micros = std::chrono::duration<double, std::micro>(of.time).count();
    lines.add(fmt::format("cmdstat_{}", rows[i].name),
              fmt::format("calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}", of.calls,
                          static_cast<std::uint64_t>(micros),
                          micros / static_cast<double>(std::max<std::uint64_t>(of.calls, 1)), of.rejected, of.failed));
  }
  return {};
}

Result<void> errorstats(Call& call, Lines& lines) {
  for (const auto& [code, count] : call.live().statistics.errors()) {
    lines.add(fmt::format("errorstat_{}", code), fmt::format("count={}", count));
  }
  return {};
}

Result<void> cluster(Call&, Lines& lines) {
  lines.add("cluster_enabled", 0);
  return {};
}

// Among very many keys those that expire are estimated from the first: counting them all would hold up the others.
Result<void> keyspace(Call& call, Lines& lines) {
  constexpr std::size_t counted_max = 10'000;
  auto size = call.keys.size();
  if (!size) return size.error();
  if (*size == 0) return {};
  std::uint64_t counted = 0;
  std::uint64_t expiring = 0;
  std::int64_t time_left = 0;
  std::optional<std::string> last;
  auto done = call.keys.keys({}, last, counted_max, [&](std::string_view, const KeyRow& row) {
    ++counted;
    if (row.expires_at != 0) {
      ++expiring;
      time_left += row.expires_at - call.now();
    }
    return false;
  });
  if (!done) return done.error();
  std::int64_t average = expiring == 0 ? 0 : time_left / static_cast<std::int64_t>(expiring);
  if (last) expiring = expiring * *size / std::max<std::uint64_t>(counted, 1);
  lines.add("db0", fmt::format("keys={},expires={},avg_ttl={}", *size, expiring, average));
  return {};
}

struct SectionRow {
  std::string_view name{};
  std::string_view title{};
  Section write = nullptr;
  bool by_default = true;
};

constexpr SectionRow sections[] = {{"server", "Server", server},
                                   {"clients", "Clients", clients},
                                   {"memory", "Memory", memory},
                                   {"persistence", "Persistence", persistence},
                                   {"stats", "Stats", stats},
                                   {"replication", "Replication", replication},
                                   {"cpu", "CPU", cpu},
                                   {"modules", "Modules", nothing},
                                   {"commandstats", "Commandstats", commandstats, false},
                                   {"errorstats", "Errorstats", errorstats},
                                   {"latencystats", "Latencystats", nothing, false},
                                   {"cluster", "Cluster", cluster},
                                   {"keyspace", "Keyspace", keyspace}};

struct Wanted {
  std::set<std::string, std::less<>> names{};
  bool by_default = false;
  bool all = false;

  bool has(const SectionRow& row) const { return all || (by_default && row.by_default) || names.contains(row.name); }
};

Wanted parse_sections(std::span<const std::string> words) {
  Wanted wanted{.by_default = words.empty()};
  for (const std::string& word : words) {
    std::string name = lower_case(word);
    wanted.by_default = wanted.by_default || name == "default";
    wanted.all = wanted.all || name == "all" || name == "everything";
    wanted.names.insert(std::move(name));
  }
  return wanted;
}

// Over REST a section that there is not has a title at least.
bool is_unknown(const Wanted& wanted) {
  return !wanted.all && !wanted.by_default &&
         std::ranges::none_of(sections, [&](auto& row) { return wanted.has(row); });
}

Result<Reply> info(Call& call) {
  Wanted wanted = parse_sections(call.arguments);
  Lines lines;
  if (is_unknown(wanted) && call.context().caller.door == Door::rest) lines.open(call.arguments[0]);
  for (const SectionRow& row : sections) {
    if (!wanted.has(row)) continue;
    lines.open(row.title);
    if (auto done = row.write(call, lines); !done) return done.error();
  }
  return Reply::verbatim(lines.take());
}

constexpr CommandSpec table[] = {
    {
        .name = "info",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = info,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the state of the server.",
    },
};

}  // namespace

std::span<const CommandSpec> info_commands() {
  return table;
}

}  // namespace millrace::store
