#include "store/commands/functions.h"

namespace millrace::store {

Result<Reply> echo(Call& call) {
  return Reply::bulk(call.arguments[0]);
}

Result<Reply> ping(Call& call) {
  return call.arguments.empty() ? Reply::simple("PONG") : Reply::bulk(call.arguments[0]);
}

}  // namespace millrace::store
