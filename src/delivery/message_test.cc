#include "delivery/message.h"

#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

TEST(State, HasANameThatReadsBack) {
  for (State state : {State::created, State::active, State::retry, State::error, State::delivered, State::failed,
                      State::cancel_requested, State::canceled}) {
    EXPECT_EQ(state_from(to_string(state)), state);
  }
}

TEST(State, ReadsCanceledInBothSpellingsAndAnyCase) {
  EXPECT_EQ(state_from("CANCELLED"), State::canceled);
  EXPECT_EQ(state_from("canceled"), State::canceled);
  EXPECT_EQ(state_from("gone"), std::nullopt);
}

}  // namespace
}  // namespace millrace::delivery
