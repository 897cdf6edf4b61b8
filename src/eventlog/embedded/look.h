#pragma once

// Questions about rows, asked in a unit that is dropped.

#include "base/unit.h"

namespace millrace::eventlog {

// Runs `question` (Unit& -> Result<T>); rows that are not in memory are fetched first. The answer may tell of what is
// not durable yet.
template <class T, class Question>
Async<Result<T>> look(Home& home, Question question) {
  constexpr int attempts_max = 3;
  for (int attempt = 1;; ++attempt) {
    auto unit = attempt < attempts_max ? home.open() : home.open_blocking();
    Result<T> answer = question(*unit);
    if (!home.missed(*unit)) co_return answer;
    co_await home.fetch(std::move(unit));
  }
}

}  // namespace millrace::eventlog
