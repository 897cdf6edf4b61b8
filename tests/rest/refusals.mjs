// Commands that REST does not run, and limits.
import assert from 'node:assert/strict';
import { check, notAllowed, unavailable } from './door.mjs';

const limit = 10 * 1024 * 1024;

export default async function refusals(claim, { door }) {
  await claim('commands of a connection are refused', async () => {
    for (const words of [
      ['AUTH', 'x'],
      ['HELLO', 3],
      ['RESET'],
      ['SELECT', 0],
      ['CLIENT', 'ID'],
      ['MULTI'],
      ['EXEC'],
      ['DISCARD'],
      ['WATCH', 'k'],
      ['UNWATCH'],
      ['SUBSCRIBE', 'c'],
      ['UNSUBSCRIBE', 'c'],
      ['PSUBSCRIBE', 'c'],
      ['PUNSUBSCRIBE', 'c'],
      ['MONITOR'],
      ['QUIT'],
    ]) {
      await door.fails(words, notAllowed(words[0]));
      await door.fails([words[0].toLowerCase(), ...words.slice(1)], notAllowed(words[0]));
    }
  });
  await claim('streams without their Accept are refused', async () => {
    for (const [path, name] of [['/subscribe/c', 'SUBSCRIBE'], ['/psubscribe/c', 'PSUBSCRIBE'], ['/monitor', 'MONITOR']]) {
      const { status, json } = await door.send({ method: 'POST', path });
      assert.equal(status, 400);
      check(json, notAllowed(name));
    }
  });
  await claim('commands that wait are refused', async () => {
    for (const words of [
      ['BLPOP', 'l', 0],
      ['BRPOP', 'l', 0],
      ['BRPOPLPUSH', 'l', 'm', 0],
      ['BLMOVE', 'l', 'm', 'LEFT', 'LEFT', 0],
      ['BLMPOP', 0, 1, 'l', 'LEFT'],
      ['BZPOPMIN', 'z', 0],
      ['BZPOPMAX', 'z', 0],
      ['BZMPOP', 0, 1, 'z', 'MIN'],
      ['XREAD', 'BLOCK', 0, 'STREAMS', 's', '$'],
      ['xreadgroup', 'group', 'g', 'c', 'count', 1, 'block', 1000, 'streams', 's', '>'],
    ]) {
      await door.fails(words, /^ERR /);
    }
  });
  await claim('CLIENT SETINFO is taken and does nothing', async () => {
    await door.says(['CLIENT', 'SETINFO', 'LIB-NAME', 'redis-py'], 'OK');
    assert.deepEqual(await door.pipeline(['client', 'setinfo', 'LIB-VER', '1']), [{ result: 'OK' }]);
    const { json } = await door.post('/multi-exec', [['SET', 'a', '1'], ['CLIENT', 'SETINFO', 'LIB-VER', '1'], ['GET', 'a']]);
    assert.deepEqual(json, [{ result: 'OK' }, { result: 'OK' }, { result: '1' }]);
  });
  await claim('what is not there is not available', async () => {
    for (const name of ['SEARCH.CREATE', 'FT.SEARCH', 'BF.ADD', 'CLUSTER-NOPE', 'VADD', '']) {
      await door.fails([name, 'x'], unavailable(name));
    }
    await door.fails(['nope'], unavailable('NOPE'));
  });
  await claim('a wrong number of arguments is told', async () => {
    await door.fails(['GET'], "ERR wrong number of arguments for 'get' command");
    await door.fails(['expire', 'k'], "ERR wrong number of arguments for 'expire' command");
  });
  await claim('a request within the limit is served, one beyond is refused', async () => {
    const largest = await door.send({ path: '/set/large', body: Buffer.alloc(limit, 'x') });
    assert.deepEqual(largest.json, { result: 'OK' });
    await door.says(['STRLEN', 'large'], limit);
    const { status, json } = await door.send({ path: '/set/large', body: Buffer.alloc(limit + 1) });
    assert.equal(status, 400);
    check(json, `ERR max request size exceeded. Limit: ${limit} bytes, Actual: ${limit + 1} bytes`);
  });
  await claim('a reply beyond the limit is refused', async () => {
    assert.equal((await door.command('GET', 'large')).result.length, limit);
    await door.fails(['MGET', 'large', 'large'],
      `ERR max request size exceeded. Limit: ${limit} bytes, Actual: ${2 * limit} bytes`);
    const [read, length] = await door.pipeline(['MGET', 'large', 'large'], ['STRLEN', 'large']);
    check(read, /^ERR max request size exceeded/);
    assert.deepEqual(length, { result: limit });
    await door.says(['DEL', 'large'], 1);
  });
}
