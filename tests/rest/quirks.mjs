// What the SDKs send and expect, where it is more than Redis.
import assert from 'node:assert/strict';

export default async function quirks(claim, { door }) {
  await claim('words of options come in any case', async () => {
    await door.says(['set', 'k', 'v', 'nx', 'ex', 60], 'OK');
    await door.says(['set', 'k', 'w', 'keepTtl'], 'OK');
    await door.says(['set', 'k', 'x', 'nx', 'get'], 'w');
    await door.says(['getex', 'k', 'persist'], 'w');
    await door.says(['ttl', 'k'], -1);
  });
  await claim('GETEX with a time that is over takes the key along', async () => {
    await door.says(['getex', 'k', 'exat', 123], 'w');
    await door.says(['EXISTS', 'k'], 0);
  });
  await claim('SET compares by value and by digest', async () => {
    await door.says(['SET', 'cas', 'a', 'IFEQ', 'x'], null);
    await door.says(['SET', 'cas', 'a', 'IFNE', 'x'], 'OK');
    await door.says(['SET', 'cas', 'b', 'IFEQ', 'a'], 'OK');
    const { result } = await door.command('DIGEST', 'cas');
    assert.match(result, /^[0-9a-f]{16}$/);
    await door.says(['SET', 'cas', 'c', 'IFDNE', result], null);
    await door.says(['SET', 'cas', 'c', 'IFDEQ', result], 'OK');
    await door.says(['DIGEST', 'missing'], null);
    await door.says(['DELEX', 'cas', 'IFEQ', 'b'], 0);
    await door.says(['DELEX', 'cas', 'IFEQ', 'c'], 1);
  });
  await claim('SCAN tells types with WITHTYPE', async () => {
    await door.pipeline(['FLUSHALL'], ['SET', 's', '1'], ['HSET', 'h', 'f', 'v']);
    const { result } = await door.command('SCAN', '0', 'WITHTYPE', 'COUNT', '1000');
    assert.equal(result[0], '0');
    const types = Object.fromEntries([0, 2].map((at) => result[1].slice(at, at + 2)));
    assert.deepEqual(types, { s: 'string', h: 'hash' });
  });
  await claim('SCAN gives exactly COUNT keys, and MATCH finds in one call', async () => {
    await door.pipeline(['FLUSHALL'], ...Array.from({ length: 45 }, (_, i) => ['SET', `key:${i}`, i]), ['HSET', 'hash', 'f', 'v']);
    const { result: first } = await door.command('SCAN', '0', 'COUNT', '1');
    assert.equal(first[1].length, 1);
    assert.notEqual(first[0], '0');
    await door.says(['SCAN', '0', 'MATCH', 'hash'], ['0', ['hash']]);
  });
  await claim('COPY onto itself copies nothing', async () => {
    await door.says(['COPY', 'hash', 'hash'], 0);
    await door.says(['COPY', 'missing', 'x'], 0);
  });
  await claim('an unknown script is told in the words that SDKs look for', async () => {
    const [item] = await door.pipeline(['EVALSHA', 'f'.repeat(40), '0']);
    assert.deepEqual(item, { error: 'NOSCRIPT No matching script. Please use EVAL.' });
  });
  await claim('HEXPIRE tells of each field, also of a missing key', async () => {
    await door.says(['HEXPIRE', 'hash', '60', 'FIELDS', '2', 'f', 'x'], [1, -2]);
    await door.says(['HEXPIRE', 'missing', '60', 'FIELDS', '2', 'f', 'x'], [-2, -2]);
    await door.says(['HPERSIST', 'hash', 'FIELDS', '2', 'f', 'x'], [1, -2]);
    await door.says(['HTTL', 'hash', 'FIELDS', '2', 'f', 'x'], [-1, -2]);
  });
  await claim('ZADD takes its flags in any order, ZRANGE a LIMIT anywhere', async () => {
    await door.says(['zadd', 'z', 'ch', 'gt', '1', 'a', '2', 'b'], 2);
    await door.says(['zadd', 'z', 'incr', 'xx', '1', 'a'], '2');
    await door.says(['zadd', 'z', 'nx', 'incr', '1', 'a'], null);
    await door.says(['zrange', 'z', '-inf', '+inf', 'byscore', 'limit', '0', '1', 'withscores'], ['a', '2']);
  });
  await claim('XADD trims nearly', async () => {
    const add = (count, ...more) =>
      door.pipeline(...Array.from({ length: count }, (_, i) => ['XADD', 'x', ...more, `${i + 1}-*`, 'f', i]));
    await add(120);
    await door.says(['XTRIM', 'x', 'MAXLEN', '~', '30'], 0);
    await door.says(['DEL', 'x'], 1);
    await add(1000);
    await door.command('XTRIM', 'x', 'MAXLEN', '~', '30');
    const { result } = await door.command('XLEN', 'x');
    assert.ok(result >= 29 && result <= 31, String(result));
    await door.says(['XADD', 'missing', 'NOMKSTREAM', '*', 'f', 'v'], null);
  });
  await claim('streams are gentle with what is not there', async () => {
    await door.command('XADD', 'xs', '1-1', 'f', 'v');
    await door.says(['XINFO', 'CONSUMERS', 'xs', 'nobody'], []);
    await door.says(['XACK', 'xs', 'nobody', '1-1'], 0);
    await door.says(['XGROUP', 'CREATE', 'xs', 'g', '0'], 'OK');
    await door.command('XREADGROUP', 'GROUP', 'g', 'c', 'NOACK', 'STREAMS', 'xs', '>');
    await door.says(['XINFO', 'CONSUMERS', 'xs', 'g'], []);
    await door.says(['XDELEX', 'xs', 'IDS', '2', '1-1', '9-9'], [1, -1]);
    await door.fails(['XPENDING', 'xs', 'nobody'], /^NOGROUP /);
  });
  await claim('documents are found inside first', async () => {
    await door.says(['JSON.SET', 'd', '$', '{"a":2,"b":3,"nested":{"a":4,"b":null}}'], 'OK');
    await door.says(['JSON.GET', 'd', '$..b'], '[null,3]');
    await door.says(['JSON.GET', 'd', '$..a', '$..b'], '{"$..a":[4,2],"$..b":[null,3]}');
    await door.says(['JSON.NUMINCRBY', 'd', '$..a', '1'], '[5,3]');
    await door.says(['JSON.TYPE', 'd', '$.nested'], ['object']);
    await door.fails(['JSON.SET', 'd', '$', 'blue'], /^ERR /);
  });
  await claim('a script that fails leaves nothing', async () => {
    await door.fails(['EVAL', 'redis.call("SET", KEYS[1], "x") error("no")', '1', 'left'], /^ERR Error running script/);
    await door.says(['EXISTS', 'left'], 0);
  });
  await claim('functions are loaded, listed and called', async () => {
    const code = '#!lua name=lib\nredis.register_function("double", function(keys, args) return args[1] * 2 end)';
    await door.says(['FUNCTION', 'LOAD', 'REPLACE', code], 'lib');
    await door.says(['FCALL', 'double', '0', '21'], 42);
    await door.says(['FCALL_RO', 'double', '0', '21'], 42);
    const { result } = await door.command('FUNCTION', 'LIST', 'WITHCODE');
    assert.deepEqual(result, [
      ['library_name', 'lib', 'engine', 'LUA', 'functions', [['name', 'double', 'description', null, 'flags', []]],
        'library_code', code],
    ]);
    await door.says(['FUNCTION', 'STATS'], ['running_script', null, 'engines',
      ['LUA', ['libraries_count', 1, 'functions_count', 1]]]);
    await door.says(['FUNCTION', 'FLUSH'], 'OK');
  });
}
