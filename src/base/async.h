#pragma once

// A coroutine that gives one value: what a seam returns when its backend may have to wait. Lazy: it starts when it is
// awaited, on the thread that awaits it, and resumes its awaiter directly. Confined to the reactor that runs it.
//
// This file knows nothing of sockets or threads: whoever completes a wait (a sync, a timer, a receive) resumes the
// handle on the reactor that owns it.

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

namespace millrace {

template <class T>
class [[nodiscard]] Async;

namespace detail {

struct AsyncPromiseBase {
  struct Resume {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
      return done.promise().awaiter;
    }
    void await_resume() noexcept {}
  };

  std::coroutine_handle<> awaiter = std::noop_coroutine();

  std::suspend_always initial_suspend() noexcept { return {}; }
  Resume final_suspend() noexcept { return {}; }
};

template <class T>
struct AsyncPromise : AsyncPromiseBase {
  std::variant<std::monostate, T, std::exception_ptr> outcome{};

  Async<T> get_return_object();
  void unhandled_exception() { outcome.template emplace<2>(std::current_exception()); }
  template <class Value>
  void return_value(Value&& value) {
    outcome.template emplace<1>(std::forward<Value>(value));
  }
  T take() {
    if (outcome.index() == 2) std::rethrow_exception(std::get<2>(outcome));
    return std::move(std::get<1>(outcome));
  }
};

template <>
struct AsyncPromise<void> : AsyncPromiseBase {
  std::exception_ptr failure{};

  Async<void> get_return_object();
  void unhandled_exception() { failure = std::current_exception(); }
  void return_void() {}
  void take() {
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Async {
 public:
  using promise_type = detail::AsyncPromise<T>;

  explicit Async(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Async(Async&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Async& operator=(Async&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Async() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    handle_.promise().awaiter = awaiter;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Async<T> AsyncPromise<T>::get_return_object() {
  return Async<T>{std::coroutine_handle<AsyncPromise>::from_promise(*this)};
}
inline Async<void> AsyncPromise<void>::get_return_object() {
  return Async<void>{std::coroutine_handle<AsyncPromise>::from_promise(*this)};
}

// Runs at once and frees itself at its end.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

}  // namespace detail

// Starts `work` now and calls `done` with its value when it ends, on the thread that ended it. The bridge from code
// without coroutines (connections, tests). `done` must not throw; an exception of `work` ends the process.
template <class T, class Done>
void start(Async<T> work, Done done) {
  [](Async<T> running, Done finish) -> detail::Detached {
    if constexpr (std::is_void_v<T>) {
      co_await running;
      finish();
    } else {
      finish(co_await running);
    }
  }(std::move(work), std::move(done));
}

// The value of work that never waits: for tests and for backends whose every call completes at once.
template <class T>
T take_now(Async<T> work) {
  std::optional<T> value;
  start(std::move(work), [&](T result) { value.emplace(std::move(result)); });
  return std::move(value.value());
}

}  // namespace millrace
