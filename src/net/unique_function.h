#pragma once

// A callable that is moved, never copied, so that it may own what it captures (a connection, a running coroutine).
// Confined to one thread at a time; calling an empty one is a fault of the program.

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace millrace::net {

template <class Signature>
class UniqueFunction;

template <class Value, class... Arguments>
class UniqueFunction<Value(Arguments...)> {
 public:
  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}
  template <class Callable>
  requires(!std::same_as<std::remove_cvref_t<Callable>, UniqueFunction> &&
           std::is_invocable_r_v<Value, std::decay_t<Callable>&, Arguments...>) UniqueFunction(Callable&& callable)
      : target_(std::make_unique<Held<std::decay_t<Callable>>>(std::forward<Callable>(callable))) {}

  explicit operator bool() const { return target_ != nullptr; }
  Value operator()(Arguments... arguments) { return target_->call(std::forward<Arguments>(arguments)...); }

 private:
  struct Target {
    virtual ~Target() = default;
    virtual Value call(Arguments... arguments) = 0;
  };
  template <class Callable>
  struct Held final : Target {
    template <class Source>
    explicit Held(Source&& source) : callable(std::forward<Source>(source)) {}
    Value call(Arguments... arguments) override { return callable(std::forward<Arguments>(arguments)...); }
    Callable callable;
  };

  std::unique_ptr<Target> target_{};
};

using Task = UniqueFunction<void()>;

}  // namespace millrace::net
