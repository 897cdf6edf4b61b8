#include <algorithm>

#include "kv/homes_impl.h"
#include "kv/key.h"

namespace millrace::kv {
namespace {

constexpr std::size_t spare_states_max = 64;  // commands rarely overlap: a unit ends before the next begins

Error not_in_memory(std::string_view what) {
  return {ErrorCode::unavailable, "a row that begins with '" + std::string(what.substr(0, 16)) + "' is not in memory"};
}

// Passes the rows of a scan on, with the unit's own writes among them.
class Merge {
 public:
  Merge(std::vector<const UnitWrites::Operation*> own, Direction direction, const Unit::Visitor& visit)
      : own_(std::move(own)), direction_(direction), visit_(visit) {}

  Visit row(std::string_view key, std::string_view value) {
    while (next_ < own_.size() && before(own_[next_]->key, key)) {
      if (pass_own() == Visit::stop) return Visit::stop;
    }
    if (next_ < own_.size() && own_[next_]->key == key) return pass_own();
    return visit_(key, value);
  }

  void rest() {
    while (next_ < own_.size()) {
      if (pass_own() == Visit::stop) return;
    }
  }

 private:
  bool before(std::string_view a, std::string_view b) const {
    return direction_ == Direction::ascending ? a < b : b < a;
  }

  Visit pass_own() {
    const auto& operation = *own_[next_++];
    if (operation.kind == UnitWrites::Operation::Kind::erase) return Visit::more;
    return visit_(operation.key, operation.value);
  }

  const std::vector<const UnitWrites::Operation*> own_;
  const Direction direction_;
  const Unit::Visitor& visit_;
  std::size_t next_ = 0;
};

}  // namespace

void UnitState::clear() {
  writes.clear();
  if (fetched.capacity() > 4096) fetched = {};
  keys_missed.clear();
  ranges_missed.clear();
  batch_read = 0;
  scanned = false;
}

std::unique_ptr<UnitState> Homes::Impl::take_state() {
  ++units_opened;
  if (spare_states.empty()) return std::make_unique<UnitState>();
  auto state = std::move(spare_states.back());
  spare_states.pop_back();
  return state;
}

void Homes::Impl::give_back(std::unique_ptr<UnitState> state) {
  if (spare_states.size() == spare_states_max) return;
  state->clear();
  spare_states.push_back(std::move(state));
}

StagedUnit::StagedUnit(Homes::Impl& homes, ReadTier tier)
    : homes_(homes), state_(homes.take_state()), failures_(homes.failures), tier_(tier) {}

StagedUnit::~StagedUnit() {
  homes_.give_back(std::move(state_));
}

Result<std::optional<std::string_view>> StagedUnit::get(std::string_view key) {
  std::uint32_t hash = hash_of(key);
  if (const auto* own = state_->writes.find(key, hash)) {
    if (own->kind == UnitWrites::Operation::Kind::erase) return std::nullopt;
    return own->value;
  }
  std::string_view value;
  auto found = homes_.read(key, hash, tier_, state_->fetched, value, state_->batch_read);
  if (!found) return found.error();
  switch (*found) {
    case Found::yes: return value;
    case Found::no: return std::nullopt;
    case Found::not_in_memory: break;
  }
  state_->keys_missed.emplace_back(key);
  return not_in_memory(key);
}

Result<void> StagedUnit::scan(const KeyRange& range, Direction direction, const Visitor& visit) {
  state_->scanned = true;
  auto own =
      state_->writes.empty() ? std::vector<const UnitWrites::Operation*>{} : state_->writes.sorted(range, direction);
  Result<ScanEnd> end = ScanEnd::complete;
  if (own.empty()) {
    end = homes_.scan(range, direction, tier_, visit);
  } else {
    Merge merge(std::move(own), direction, visit);
    end = homes_.scan(range, direction, tier_, [&](auto key, auto value) { return merge.row(key, value); });
    if (end && *end == ScanEnd::complete) merge.rest();
  }
  if (!end) return end.error();
  if (*end != ScanEnd::not_in_memory) return {};
  state_->ranges_missed.push_back(range);
  return not_in_memory(range.begin);
}

StagedHome::~StagedHome() {
  std::erase(homes_.pending_homes, this);
}

std::unique_ptr<Unit> StagedHome::open() {
  bool may_come_again = homes_.options.on_background && homes_.options.post;
  return std::make_unique<StagedUnit>(homes_, may_come_again ? ReadTier::memory : ReadTier::any);
}

std::unique_ptr<Unit> StagedHome::open_blocking() {
  return std::make_unique<StagedUnit>(homes_, ReadTier::any);
}

Async<Result<void>> StagedHome::commit(std::unique_ptr<Unit> unit) {
  auto receipt = commit_now(std::move(unit));
  if (!receipt) co_return receipt.error();
  co_return co_await homes_.queue.wait(receipt->batch);
}

Result<Home::Receipt> StagedHome::commit_now(std::unique_ptr<Unit> unit) {
  auto& staged = static_cast<StagedUnit&>(*unit);
  if (staged.outdated()) {
    return Error{ErrorCode::unavailable, "the batch that this command read from could not be written"};
  }
  const Receipt receipt{homes_.stage(*this, staged.state()), homes_.failures};
  unit.reset();
  if (homes_.options.ticks == Ticks::each_commit) {
    homes_.end_tick();
    if (homes_.failures != receipt.failures) return homes_.failure;
  }
  return receipt;
}

Async<Result<void>> StagedHome::settled(Receipt receipt) {
  co_return co_await homes_.queue.wait(receipt.batch);
}

Async<Result<void>> StagedHome::synced() {
  co_return co_await homes_.queue.wait(committed_last);
}

namespace {

struct Turn {
  const std::function<void(std::function<void()>)>& post;
  bool await_ready() const { return !post; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    post([waiting] { waiting.resume(); });
  }
  void await_resume() const {}
};

}  // namespace

Async<void> StagedHome::turn() {
  Turn turn{homes_.options.post};
  co_await turn;
}

bool StagedHome::missed(const Unit& unit) const {
  return static_cast<const StagedUnit&>(unit).state().missed();
}

namespace {

// Runs work beside the reactor and resumes on it. Whoever is destroyed meanwhile is not resumed.
class InBackground {
 public:
  InBackground(const HomesOptions& options, std::function<void()> work) : options_(options), work_(std::move(work)) {}
  InBackground(const InBackground&) = delete;
  InBackground& operator=(const InBackground&) = delete;
  ~InBackground() {
    if (waiting_) *waiting_ = nullptr;
  }

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = std::make_shared<std::coroutine_handle<>>(waiting);
    options_.on_background([work = std::move(work_), waiting = waiting_, post = options_.post] {
      work();
      post([waiting] {
        if (*waiting) waiting->resume();
      });
    });
  }
  void await_resume() const {}

 private:
  const HomesOptions& options_;
  std::function<void()> work_;
  std::shared_ptr<std::coroutine_handle<>> waiting_{};
};

// Reads what was missed, so that it is in the engine's memory then. A scan may stop early: its first rows will do, and
// if they do not, the command's third attempt reads the rest itself.
void warm(Engine& engine, const std::vector<std::string>& keys, const std::vector<KeyRange>& ranges) {
  constexpr int rows_max = 4096;
  std::vector<std::string> values;
  if (!keys.empty()) (void)engine.multi_get(keys, {.tier = ReadTier::any}, values);
  for (const KeyRange& range : ranges) {
    int rows = 0;
    (void)engine.scan(range, Direction::ascending, {.tier = ReadTier::any},
                      [&](auto, auto) { return ++rows < rows_max ? Visit::more : Visit::stop; });
  }
}

}  // namespace

Async<void> StagedHome::fetch(std::unique_ptr<Unit> unit) {
  UnitState& state = static_cast<StagedUnit&>(*unit).state();
  ++homes_.stats.fetches;
  auto work = [engine = &homes_.engine, keys = std::move(state.keys_missed), ranges = std::move(state.ranges_missed)] {
    warm(*engine, keys, ranges);
  };
  unit.reset();
  if (homes_.options.on_background && homes_.options.post) {
    co_await InBackground(homes_.options, std::move(work));
  } else {
    work();
  }
}

}  // namespace millrace::kv
