#pragma once

// The browser pages, as the build embedded them: GraphiQL where it was bundled, else a plain page of our own under the
// same path; the console; and the licences of what they contain. Immutable: any thread may read them.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::front {

struct Asset {
  std::string_view path{};          // as in a request: "/console/pages.css"
  std::string_view content_type{};  // with its charset
  std::string_view gzipped{};       // the body for a client that accepts gzip
  std::string_view etag{};          // strong, of the gzipped bytes, with its quotes
  bool immutable = false;           // the path changes with the content: may be kept for a year
};

// Paths of the two pages that are served elsewhere too: at an application's endpoint, and at /console.
inline constexpr std::string_view graphql_page = "/console/graphql.html";
inline constexpr std::string_view console_page = "/console/index.html";

// The Content-Security-Policy of every page: nothing from any other host, not even by mistake.
inline constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

// In the order of their paths.
std::span<const Asset> all_assets();

// The asset of exactly this path, or null.
const Asset* find_asset(std::string_view path);

// The Cache-Control that goes with it: a year where the path changes with the content, else to be asked for again.
std::string_view cache_control(const Asset& asset);

// The body for the rare client that does not accept gzip. `corrupt` when the embedded bytes are not gzip.
Result<std::string> unpacked(const Asset& asset);

}  // namespace millrace::front
