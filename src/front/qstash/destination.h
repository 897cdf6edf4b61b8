#pragma once

// Where a message goes, as a publisher writes it into the path of a request or into an element of a batch. Pure. Source
// of the rules: the documentation and the clients of QStash.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delivery/message.h"
#include "net/http.h"

namespace millrace::front {

struct DestinationText {
  // The URL as it came, byte for byte; or what is no URL and may name a group.
  delivery::Destination destination{};

  // The parameters of the query that are meant for us and are no part of the URL: "upstash-retries=3" as a header.
  delivery::Headers headers{};
};

// `raw` is what follows "/v2/publish/", or the destination of a batch's element; `query` what followed its '?', if that
// has been cut off already. Takes "http:/host" for "http://host", as proxies write that merge slashes, and a URL that
// is percent-encoded as a whole. Fails with `invalid`.
Result<DestinationText> read_destination(std::string_view raw, std::string_view query = {});

// What is said of a destination that is neither a URL nor a group.
Error no_such_destination();

// Of groups, queues and schedules: A-Z a-z 0-9 . _ - and at most 256 bytes.
bool is_name(std::string_view text);

// The parameter that holds the token where a header cannot be set.
inline constexpr std::string_view token_parameter = "qstash_token";

}  // namespace millrace::front
