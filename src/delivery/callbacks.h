#pragma once

// The messages that tell of an outcome. Pure.

#include <string>

#include "delivery/message.h"
#include "net/outbound.h"

namespace millrace::delivery {

// What a callback's body says of an attempt (JSON): the answer and the message, bodies in base64. `dead_letter` is
// empty but for a failure.
std::string callback_body(const Message& message, int retried, const net::OutboundResponse& response,
                          const std::string& dead_letter);

// The message to the URL of `callback`, without an id.
Message callback_message(const Message& message, const Callback& callback, std::string body, Timestamp now);

}  // namespace millrace::delivery
