#include "net/resp_connection.h"

namespace millrace::net {
namespace {

constexpr std::size_t held_kept = 16 * 1024;  // of the memory of a connection that waited

}  // namespace

RespConnection::RespConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<RespServer::Core> core,
                               std::uint64_t number)
    : Link(std::move(socket), core->options.limits.write_time, core->options.tls),
      core_(std::move(core)),
      number_(number),
      parser_(core_->options.limits.parser),
      heard_at_(core_->now) {}

void RespConnection::begin() {
  session_ = core_->greet(*this);
  receive();
}

void RespConnection::refuse() {
  append("-ERR max number of clients reached\r\n");
  close_gently();
}

// --- What the session does ---

std::string& RespConnection::out() {
  core_->settle_later(*this);
  return gathered();
}

void RespConnection::send(std::string bytes) {
  core_->settle_later(*this);
  append_owned(std::move(bytes));
}

void RespConnection::go_on() {
  waiting_ = false;
  core_->reactor.post([self = shared_from_this()] { static_cast<RespConnection&>(*self).run_held(); });
}

void RespConnection::close() {
  if (closed() || dropped_) return;
  dropped_ = true;
  last_ = true;
  core_->reactor.post([self = shared_from_this()] { static_cast<RespConnection&>(*self).Link::close(); });
}

void RespConnection::close_after_replies() {
  last_ = true;
  core_->settle_later(*this);
}

// --- Commands ---

// Whether the next command may be run. There may be none.
bool RespConnection::may_run() const {
  return !waiting_ && !last_ && turn_left_ > 0 && queued() <= core_->options.limits.unsent_bytes;
}

// A connection whose session waits goes on reading for a while, to see its client leave.
bool RespConnection::reading_wanted() const {
  if (last_ || closed() || closing()) return false;
  const auto held = held_.size() - held_at_;
  return held == 0 || (waiting_ && held < core_->options.limits.held_bytes);
}

bool RespConnection::on_received(std::string_view bytes) {
  heard_at_ = core_->now;
  if (last_) return true;  // dropped: a client that sends must see what it was told before
  if (running_) {
    arrived_.append(bytes);
    return arrived_.size() < core_->options.limits.held_bytes;
  }
  if (waiting_ || held_at_ < held_.size()) {
    held_.append(bytes);
    return reading_wanted();
  }
  turn_left_ = core_->options.limits.commands_a_turn;
  held_.assign(bytes.substr(run(bytes)));
  held_at_ = 0;
  core_->settle_later(*this);
  return reading_wanted();
}

// Runs the commands at the front of `bytes` while it may. Returns how many bytes they took.
std::size_t RespConnection::run(std::string_view bytes) {
  const auto size = bytes.size();
  while (!bytes.empty() && may_run()) {
    switch (parser_.take(bytes)) {
      case RespParser::Outcome::incomplete: break;
      case RespParser::Outcome::failed:
        last_ = true;
        session_->fault(parser_.fault());
        break;
      case RespParser::Outcome::command:
        --turn_left_;
        running_ = true;
        waiting_ = session_->command(parser_.words()) == RespSession::Next::wait;
        running_ = false;
        break;
    }
  }
  return size - bytes.size();
}

void RespConnection::run_held() {
  if (closed() || closing() || dropped_ || running_) return;
  turn_left_ = core_->options.limits.commands_a_turn;
  held_at_ += run(std::string_view(held_).substr(held_at_));
  if (!arrived_.empty()) held_.append(std::exchange(arrived_, {}));
  if (held_at_ == held_.size()) {
    held_.clear();
    held_at_ = 0;
    if (held_.capacity() > held_kept) held_ = {};
  }
  core_->settle_later(*this);
  if (reading_wanted()) receive();
}

// --- Output, and the end ---

void RespConnection::settle() {
  settle_waiting = false;
  if (closed() || dropped_) return;
  flush();
  if (running_) return;  // who runs it settles again
  if (closed() || closing() || !session_) return;
  const bool more_held = held_at_ < held_.size();
  const auto owed = session_->owed();
  if (peer_ended_ && owed == RespSession::Owed::events) return Link::close();
  if (peer_ended_ && !more_held) last_ = true;
  if (last_) {
    if (owed != RespSession::Owed::replies) close_gently();
    return;
  }
  if (more_held && !waiting_ && queued() <= core_->options.limits.unsent_bytes) go_on();
}

void RespConnection::on_drained() {
  core_->settle_later(*this);
}

// The peer may have closed one half only and still wait for its replies, but not for what may never come.
void RespConnection::on_ended() {
  peer_ended_ = true;
  core_->settle_later(*this);
}

void RespConnection::on_closed() {
  const auto self = shared_from_this();
  core_->remove(*this);
  if (session_) session_->closed();
}

void RespConnection::retire() {
  if (closed() || closing()) return;
  last_ = true;
  core_->settle_later(*this);
}

void RespConnection::sweep(SteadyTime now) {
  close_when_overdue(now);
  if (closed() || closing() || !session_ || running_) return;
  session_->sweep(now);
  if (session_->owed() != RespSession::Owed::nothing || !drained()) return;
  const auto& limits = core_->options.limits;
  if (now >= heard_at_ + (session_->known() ? limits.idle_time : limits.unknown_time)) close_gently();
  if (!parser_.in_command()) parser_.trim();
}

}  // namespace millrace::net
