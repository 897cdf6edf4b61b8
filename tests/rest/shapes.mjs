// Replies as JSON: the shapes of the Redis protocol's version 2, strings, integers, nulls and arrays.
import assert from 'node:assert/strict';

export default async function shapes(claim, { door }) {
  await claim('strings and their statuses', async () => {
    await door.says(['SET', 's', 'v'], 'OK');
    await door.says(['PING'], 'PONG');
    await door.says(['PING', 'hi'], 'hi');
    await door.says(['TYPE', 's'], 'string');
    await door.says(['TYPE', 'missing'], 'none');
    await door.says(['ECHO', 'hi'], 'hi');
  });
  await claim('integers have all their digits', async () => {
    await door.says(['SET', 'big', '9223372036854775806'], 'OK');
    assert.equal((await door.post('', ['INCR', 'big'])).text, '{"result":9223372036854775807}');
  });
  await claim('doubles are strings', async () => {
    await door.says(['INCRBYFLOAT', 'f', '1.5'], '1.5');
    await door.command('ZADD', 'z', '1.5', 'm', 'inf', 'i', '-inf', 'j');
    await door.says(['ZSCORE', 'z', 'm'], '1.5');
    await door.says(['ZSCORE', 'z', 'i'], 'inf');
    await door.says(['ZSCORE', 'z', 'j'], '-inf');
    await door.says(['ZADD', 'z', 'INCR', '1', 'm'], '2.5');
    await door.says(['ZMSCORE', 'z', 'm', 'missing'], ['2.5', null]);
  });
  await claim('hashes are flat', async () => {
    await door.says(['HSET', 'h', 'f1', 'v1', 'f2', 'v2'], 2);
    await door.says(['HGETALL', 'h'], ['f1', 'v1', 'f2', 'v2']);
    await door.says(['HGETALL', 'missing'], []);
    await door.says(['HMGET', 'h', 'f1', 'x'], ['v1', null]);
    const { result } = await door.command('HRANDFIELD', 'h', '2', 'WITHVALUES');
    assert.deepEqual([...result].sort(), ['f1', 'f2', 'v1', 'v2']);
  });
  await claim('a missing key has a null for each field', async () => {
    await door.says(['HMGET', 'missing', 'a', 'b'], [null, null]);
    await door.says(['ZMSCORE', 'missing', 'a', 'b'], [null, null]);
    await door.says(['HGETDEL', 'missing', 'FIELDS', '2', 'a', 'b'], [null, null]);
    await door.says(['HGETEX', 'missing', 'FIELDS', '2', 'a', 'b'], [null, null]);
  });
  await claim('scans have a cursor as text', async () => {
    await door.says(['SADD', 'set', 'm'], 1);
    await door.says(['HSCAN', 'h', '0'], ['0', ['f1', 'v1', 'f2', 'v2']]);
    await door.says(['SSCAN', 'set', '0'], ['0', ['m']]);
    await door.says(['SCAN', '0', 'MATCH', 'set', 'COUNT', '1000'], ['0', ['set']]);
    await door.command('ZADD', 'one', '1', 'm');
    await door.says(['ZSCAN', 'one', '0'], ['0', ['m', '1']]);
  });
  await claim('sorted sets are flat, their scores strings', async () => {
    await door.command('ZADD', 'zs', '1', 'a', '2', 'b', '3.5', 'c');
    await door.says(['ZRANGE', 'zs', '0', '-1', 'WITHSCORES'], ['a', '1', 'b', '2', 'c', '3.5']);
    await door.says(['ZPOPMIN', 'zs'], ['a', '1']);
    await door.says(['ZPOPMAX', 'zs'], ['c', '3.5']);
    await door.says(['ZMPOP', '1', 'zs', 'MIN'], ['zs', [['b', '2']]]);
    await door.says(['ZMPOP', '1', 'missing', 'MIN'], null);
  });
  await claim('lists', async () => {
    await door.says(['RPUSH', 'l', 'a', 'b', 'c'], 3);
    await door.says(['LRANGE', 'l', '0', '-1'], ['a', 'b', 'c']);
    await door.says(['LMPOP', '1', 'l', 'LEFT', 'COUNT', '2'], ['l', ['a', 'b']]);
    await door.says(['LMPOP', '1', 'missing', 'LEFT'], null);
    await door.says(['LPOP', 'missing', '2'], null);
  });
  await claim('streams are nested, not maps', async () => {
    await door.says(['XADD', 's1', '1-0', 'f', 'v'], '1-0');
    await door.says(['XADD', 's1', '2-0', 'f', 'w'], '2-0');
    await door.says(['XRANGE', 's1', '-', '+'], [['1-0', ['f', 'v']], ['2-0', ['f', 'w']]]);
    await door.says(['XREAD', 'STREAMS', 's1', '1'], [['s1', [['2-0', ['f', 'w']]]]]);
    await door.says(['XREAD', 'STREAMS', 's1', '2'], null);
    await door.says(['XGROUP', 'CREATE', 's1', 'g', '0'], 'OK');
    await door.says(['XPENDING', 's1', 'g'], [0, null, null, null]);
    await door.says(['XREADGROUP', 'GROUP', 'g', 'c1', 'STREAMS', 's1', '>'],
      [['s1', [['1-0', ['f', 'v']], ['2-0', ['f', 'w']]]]]);
    await door.says(['XPENDING', 's1', 'g'], [2, '1-0', '2-0', [['c1', '2']]]);
    const groups = (await door.command('XINFO', 'GROUPS', 's1')).result;
    assert.deepEqual(groups[0].slice(0, 4), ['name', 'g', 'consumers', 1]);
    const consumers = (await door.command('XINFO', 'CONSUMERS', 's1', 'g')).result;
    assert.deepEqual(consumers[0].slice(0, 4), ['name', 'c1', 'pending', 2]);
    await door.says(['XAUTOCLAIM', 's1', 'g', 'c2', '100000', '0'], ['0-0', [], []]);
  });
  await claim('places', async () => {
    await door.says(['GEOADD', 'geo', '13.361389', '38.115556', 'Palermo', '15.087269', '37.502669', 'Catania'], 2);
    await door.says(['GEODIST', 'geo', 'Palermo', 'Catania'], '166274.1516');
    const { result } = await door.command('GEOPOS', 'geo', 'Palermo', 'missing');
    assert.equal(result[1], null);
    assert.match(result[0][0], /^13\.36138\d+$/);
    const found = await door.command('GEOSEARCH', 'geo', 'FROMLONLAT', '15', '37', 'BYRADIUS', '200', 'km', 'ASC',
      'WITHCOORD', 'WITHDIST', 'WITHHASH');
    const [name, distance, hash, [longitude]] = found.result[0];
    assert.equal(name, 'Catania');
    assert.equal(distance, '56.4413');
    assert.equal(hash, 3479447370796909);
    assert.match(longitude, /^15\.08726\d+$/);
  });
  await claim('time, configuration, scripts', async () => {
    const { result } = await door.command('TIME');
    assert.ok(result.length === 2 && result.every((part) => /^\d+$/.test(part)));
    const { result: config } = await door.command('CONFIG', 'GET', 'notify-keyspace-events');
    assert.equal(config[0], 'notify-keyspace-events');
    assert.equal(typeof config[1], 'string');
    const { result: sha } = await door.command('SCRIPT', 'LOAD', 'return 1');
    await door.says(['SCRIPT', 'EXISTS', sha, 'a'.repeat(40)], [1, 0]);
  });
  await claim('scripts answer as in version 2', async () => {
    await door.says(['EVAL', 'return {1, 2.9, "a", false, true, {4}}', '0'], [1, 2, 'a', null, 1, [4]]);
    await door.says(['EVAL', 'return redis.status_reply("FINE")', '0'], 'FINE');
  });
  await claim('results have no error, and errors no result', async () => {
    assert.equal((await door.post('', ['GET', 'missing'])).text, '{"result":null}');
    assert.match((await door.post('', ['HGET', 's', 'f'])).text, /^\{"error":"WRONGTYPE [^"]+"\}$/);
  });
}
