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
  for (Batch* batch = batch_; batch != nullptr; batch = batch->outer) {
    for (int at = batch->next; at < batch->ready; ++at) {
      if (batch->events[at].data.ptr == &member) batch->events[at].data.ptr = nullptr;
    }
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
  Batch batch{.outer = batch_};
  batch.ready = ::epoll_wait(set_.native_handle(), batch.events.data(), batch_max, 0);
  if (batch.ready > 0 && called_ != nullptr) *called_ = true;
  batch_ = &batch;
  for (; batch.next < batch.ready; ++batch.next) {
    const auto member = [&] { return static_cast<Member*>(batch.events[batch.next].data.ptr); };
    const auto events = batch.events[batch.next].events;
    if (member() && (events & ~std::uint32_t{EPOLLOUT}) != 0) member()->on_readable();
    if (member() && (events & ~std::uint32_t{EPOLLIN}) != 0) member()->on_writable();
  }
  batch_ = batch.outer;
}

}  // namespace millrace::net
