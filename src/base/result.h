#pragma once

// What anything that can fail returns: a value, or an Error whose code says what the caller can do.

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace millrace {

// Each edge (HTTP, RESP, GraphQL) maps these to its own words in one switch without default.
enum class ErrorCode {
  invalid,      // the request is wrong and stays wrong: do not retry
  not_found,    // the thing named does not exist
  conflict,     // the state is another than the one expected: read again, decide again
  denied,       // the caller may not do this
  over_limit,   // a limit would be exceeded; the message names it
  unavailable,  // cannot be done now (full disk, shutdown): retry later
  corrupt,      // what is stored cannot be trusted
};

std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::invalid;
  std::string message{};  // names the thing: "key '7' of topic 'orders' is at version 4"

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = boost::system::result<T, Error>;

// Called by Result<T>::value() when there is none, which is a fault of the program.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace millrace
