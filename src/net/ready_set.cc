#include "net/ready_set.h"

#include <cerrno>
#include <system_error>

namespace millrace::net {
namespace {

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return set;
}

}  // namespace

ReadySet::ReadySet(boost::asio::execution_context& context)
    : service(context), set_(static_cast<boost::asio::io_context&>(context), make_set()) {}

ReadySet::~ReadySet() = default;

void ReadySet::shutdown() {
  boost::system::error_code ignored;
  set_.close(ignored);
}

void ReadySet::change(int socket, Member& member, std::uint32_t before, std::uint32_t after) {
  if (before == after) return;
  epoll_event event{};
  event.events = after;
  event.data.ptr = &member;
  const int what = before == 0 ? EPOLL_CTL_ADD : after == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  ::epoll_ctl(set_.native_handle(), what, socket, &event);
  if (!waiting_) wait();
  if (after != 0) return;
  for (int at = next_; at < ready_; ++at) {
    if (batch_[at].data.ptr == &member) batch_[at].data.ptr = nullptr;
  }
}

void ReadySet::wait() {
  waiting_ = true;
  set_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](boost::system::error_code error) {
    if (error) return;
    call_ready();  // which may change the set: that must not begin a second wait
    wait();
  });
}

void ReadySet::call_ready() {
  ready_ = ::epoll_wait(set_.native_handle(), batch_.data(), batch_max, 0);
  if (ready_ > 0 && called_ != nullptr) *called_ = true;
  for (next_ = 0; next_ < ready_; ++next_) {
    const auto member = [this] { return static_cast<Member*>(batch_[next_].data.ptr); };
    const auto events = batch_[next_].events;
    if (member() && (events & ~std::uint32_t{EPOLLOUT}) != 0) member()->on_readable();
    if (member() && (events & ~std::uint32_t{EPOLLIN}) != 0) member()->on_writable();
  }
  ready_ = 0;
}

}  // namespace millrace::net
