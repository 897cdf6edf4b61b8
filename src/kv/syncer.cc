#include "kv/syncer.h"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::kv {

struct Syncer::State {
  State(Engine& on, OnFailure failure) : engine(on), on_failure(std::move(failure)) {}

  bool sync();
  void run();

  Engine& engine;
  const OnFailure on_failure;
  std::atomic<bool> failed{false};
  std::atomic<std::uint64_t> syncs{0};
  std::atomic<std::int64_t> nanoseconds{0};  // moving average

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Client>> requests{};  // guarded by the mutex above, as are the two below
  std::chrono::milliseconds interval{0};            // 0: only when requested
  bool stopping = false;

  std::thread thread{};  // last: it uses everything above
};

bool Syncer::State::sync() {
  if (failed) return false;
  auto begin = std::chrono::steady_clock::now();
  if (auto done = engine.sync(); !done) {
    if (!failed.exchange(true)) on_failure(done.error());
    return false;
  }
  auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin).count();
  auto before = nanoseconds.load(std::memory_order_relaxed);
  nanoseconds.store(before + (took - before) / 8, std::memory_order_relaxed);
  ++syncs;
  return true;
}

void Syncer::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    auto ready = [&] { return stopping || !requests.empty(); };
    if (interval.count() == 0) {
      changed.wait(lock, [&] { return ready() || interval.count() != 0; });
      if (!ready()) continue;
    } else {
      changed.wait_for(lock, interval, ready);
    }
    if (stopping && requests.empty()) return;
    auto taken = std::move(requests);
    requests.clear();
    lock.unlock();
    for (auto& client : taken) client->sync_begins();
    if (sync()) {
      for (auto& client : taken) client->sync_done();
    }
    taken.clear();
    lock.lock();
  }
}

void Syncer::end_process(const Error& error) {
  std::fprintf(stderr, "millrace: the disk could not make written data durable, so nothing more can be promised: %s\n",
               error.message.c_str());
  std::abort();
}

Syncer::Syncer(Engine& engine, OnFailure on_failure) : state_(std::make_unique<State>(engine, std::move(on_failure))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Syncer::~Syncer() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

void Syncer::request(std::shared_ptr<Client> client) {
  {
    std::lock_guard lock(state_->mutex);
    state_->requests.push_back(std::move(client));
  }
  state_->changed.notify_one();
}

void Syncer::every(std::chrono::milliseconds interval) {
  {
    std::lock_guard lock(state_->mutex);
    state_->interval = interval;
  }
  state_->changed.notify_one();
}

bool Syncer::sync_here() {
  return state_->sync();
}

std::uint64_t Syncer::syncs() const {
  return state_->syncs;
}

std::chrono::nanoseconds Syncer::sync_duration() const {
  return std::chrono::nanoseconds(state_->nanoseconds.load());
}

}  // namespace millrace::kv
