#pragma once

// The functions behind the table, a file for each data type.

#include "store/commands/command_table.h"

namespace millrace::store {

// connection.cc
Result<Reply> echo(Call& call);
Result<Reply> ping(Call& call);

// keys.cc
Result<Reply> dbsize(Call& call);
Result<Reply> del(Call& call);
Result<Reply> exists(Call& call);
Result<Reply> flushdb(Call& call);
Result<Reply> keys(Call& call);
Result<Reply> scan(Call& call);
Result<Reply> type(Call& call);

// strings.cc
Result<Reply> append(Call& call);
Result<Reply> decr(Call& call);
Result<Reply> decrby(Call& call);
Result<Reply> get(Call& call);
Result<Reply> incr(Call& call);
Result<Reply> incrby(Call& call);
Result<Reply> mget(Call& call);
Result<Reply> mset(Call& call);
Result<Reply> set(Call& call);
Result<Reply> strlen(Call& call);

// sets.cc
Result<Reply> sadd(Call& call);
Result<Reply> scard(Call& call);
Result<Reply> sismember(Call& call);
Result<Reply> smembers(Call& call);
Result<Reply> srem(Call& call);

// hashes.cc
Result<Reply> hdel(Call& call);
Result<Reply> hget(Call& call);
Result<Reply> hgetall(Call& call);
Result<Reply> hset(Call& call);

}  // namespace millrace::store
