// node-redis as its users have it, with either version of the protocol.
import assert from 'node:assert/strict';

import { createClient, createClientPool, defineScript, RESP_TYPES, WatchError } from 'redis';

import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';

const eventually = async (check) => {
  for (;;) {
    const value = await check();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 5));
  }
};

async function collect(iterator) {
  const found = [];
  for await (const part of iterator) found.push(...(Array.isArray(part) ? part : [part]));
  return found;
}

async function values(claim, client) {
  await claim('strings', async () => {
    await client.flushDb();
    assert.equal(await client.set('text', 'größer 你好', { expiration: { type: 'EX', value: 60 } }), 'OK');
    assert.equal(await client.get('text'), 'größer 你好');
    assert.equal(await client.set('text', 'x', { condition: 'NX' }), null);
    assert.equal(await client.set('text', 'new', { GET: true }), 'größer 你好');
    assert.deepEqual(await client.mGet(['text', 'missing']), ['new', null]);
    assert.equal(await client.incrByFloat('float', 1.5), '1.5');
    assert.equal(await client.getDel('text'), 'new');
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await client.set('bytes', bytes);
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    assert.ok(bytes.equals(await binary.get('bytes')));
  });
  await claim('hashes, and fields that expire', async () => {
    assert.equal(await client.hSet('hash', { name: 'ana', age: 30 }), 2);
    assert.deepEqual({ ...(await client.hGetAll('hash')) }, { name: 'ana', age: '30' });
    assert.deepEqual(await client.hmGet('hash', ['name', 'none']), ['ana', null]);
    assert.equal(await client.hIncrBy('hash', 'age', 1), 31);
    assert.deepEqual(await client.hExpire('hash', ['age', 'none'], 100), [1, -2]);
    assert.deepEqual(await client.hTTL('hash', ['name', 'none']), [-1, -2]);
    assert.deepEqual(await client.hRandFieldCountWithValues('hash', 5).then((all) => all.length), 2);
  });
  await claim('lists and sets', async () => {
    assert.equal(await client.rPush('list', ['a', 'b', 'c', 'b']), 4);
    assert.equal(await client.lPos('list', 'b', { RANK: 2 }), 3);
    assert.equal(await client.lMove('list', 'list', 'LEFT', 'RIGHT'), 'a');
    assert.deepEqual(await client.lRange('list', 0, -1), ['b', 'c', 'b', 'a']);
    assert.equal(await client.sAdd('set', ['x', 'y', 'z']), 3);
    assert.equal(await client.sIsMember('set', 'x'), 1);
    assert.deepEqual(await client.smIsMember('set', ['x', 'q']), [1, 0]);
    await client.sAdd('other', ['y', 'q']);
    assert.deepEqual(await client.sInter(['set', 'other']), ['y']);
    assert.deepEqual(new Set(await client.sMembers('set')), new Set(['x', 'y', 'z']));
  });
  await claim('sorted sets', async () => {
    await client.zAdd('board', [{ score: 1, value: 'one' }, { score: 2.5, value: 'two' }, { score: Infinity, value: 'top' }]);
    assert.deepEqual(await client.zRangeWithScores('board', 0, -1), [
      { value: 'one', score: 1 },
      { value: 'two', score: 2.5 },
      { value: 'top', score: Infinity },
    ]);
    assert.equal(await client.zScore('board', 'two'), 2.5);
    assert.deepEqual(await client.zmScore('board', ['one', 'none']), [1, null]);
    assert.equal(await client.zIncrBy('board', 1.5, 'one'), 2.5);
    assert.deepEqual(await client.zPopMax('board'), { value: 'top', score: Infinity });
    assert.deepEqual(await client.zRangeByScore('board', '-inf', 2.5), ['one', 'two']);
    assert.equal(await client.zRankWithScore('board', 'two').then(({ rank }) => rank), 1);
  });
  await claim('places', async () => {
    await client.geoAdd('places', [
      { longitude: 13.361389, latitude: 38.115556, member: 'Palermo' },
      { longitude: 15.087269, latitude: 37.502669, member: 'Catania' },
    ]);
    assert.equal(await client.geoDist('places', 'Palermo', 'Catania', 'km'), 166.2742);
    assert.deepEqual(await client.geoSearch('places', { longitude: 15, latitude: 37 }, { radius: 200, unit: 'km' }).then((all) => all.sort()), ['Catania', 'Palermo']);
    const [position] = await client.geoPos('places', 'Palermo');
    assert.ok(Math.abs(Number(position.longitude) - 13.361389) < 0.0001);
  });
  await claim('a dump is restored', async () => {
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    assert.equal(await binary.restore('restored', 0, await binary.dump('set')), 'OK');
    assert.equal(await client.sCard('restored'), 3);
  });
}

async function documents(claim, client) {
  const cart = { owner: 'ana', items: [{ name: 'tea', price: 3.5 }, { name: 'milk', price: 1 }], paid: false };
  await claim('a document is set, read and changed in its parts', async () => {
    assert.equal(await client.json.set('cart', '$', cart), 'OK');
    assert.deepEqual(await client.json.get('cart'), cart);
    assert.deepEqual(await client.json.get('cart', { path: '$.items[*].name' }), ['tea', 'milk']);
    assert.deepEqual(await client.json.get('cart', { path: ['$.owner', '$.paid'] }), { '$.owner': ['ana'], '$.paid': [false] });
    assert.deepEqual(await client.json.arrAppend('cart', '$.items', { name: 'bread', price: 2 }), [3]);
    assert.deepEqual(await client.json.numIncrBy('cart', '$.items[?(@.price>1.5)].price', 0.5), [4, 2.5]);
    assert.deepEqual(await client.json.toggle('cart', '$.paid'), [1]);
    assert.deepEqual(await client.json.strAppend('cart', '!', { path: '$.owner' }), [4]);
    assert.deepEqual(await client.json.arrPop('cart', { path: '$.items', index: 0 }), [{ name: 'tea', price: 4 }]);
    assert.deepEqual(await client.json.objKeys('cart', { path: '$' }), [['owner', 'items', 'paid']]);
    assert.equal(await client.json.merge('cart', '$', { paid: null, note: 'x' }), 'OK');
    assert.deepEqual(await client.json.get('cart'), { owner: 'ana!', items: [{ name: 'milk', price: 1 }, { name: 'bread', price: 2.5 }], note: 'x' });
    assert.equal(await client.json.del('cart', { path: '$.items[0]' }), 1);
    assert.deepEqual(await client.json.type('cart', { path: '$.items' }).then((types) => types.flat()), ['array']);
  });
  await claim('many documents at once', async () => {
    assert.equal(await client.json.mSet([{ key: 'd1', path: '$', value: { a: 1 } }, { key: 'd2', path: '$', value: { a: 2 } }]), 'OK');
    assert.deepEqual(await client.json.mGet(['d1', 'd2', 'none'], '$.a'), [[1], [2], null]);
  });
}

async function batches(claim, client, connect) {
  await claim('what one turn of the loop asks goes out at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5000 }, () => client.incr('counter')));
    assert.deepEqual(answers, Array.from({ length: 5000 }, (_, i) => i + 1));
  });
  await claim('a transaction, its errors and a pipeline', async () => {
    const exec = await client.multi().set('t', '1').incr('t').hSet('th', { a: 'b' }).hGetAll('th').exec();
    assert.deepEqual([...exec.slice(0, 3), { ...exec[3] }], ['OK', 2, 1, { a: 'b' }]);
    const error = await client.multi().set('t', 'word').incr('t').exec().catch((reason) => reason);
    assert.match(error.replies[1].message, /not an integer/);
    assert.deepEqual(await client.multi().get('t').strLen('t').execAsPipeline(), ['word', 4]);
  });
  await claim('a watched key that another changes stops the transaction', async () => {
    const other = await connect();
    await client.set('watched', '1');
    const isolated = await connect();
    await isolated.watch('watched');
    await other.set('watched', '2');
    await assert.rejects(isolated.multi().set('watched', '3').exec(), WatchError);
    await isolated.watch('watched');
    assert.deepEqual(await isolated.multi().set('watched', '4').exec(), ['OK']);
    assert.equal(await client.get('watched'), '4');
    await Promise.all([other.close(), isolated.close()]);
  });
  await claim('errors are told with the words of Redis', async () => {
    await client.set('word', 'abc');
    await assert.rejects(client.lPush('word', 'x'), /^.*WRONGTYPE Operation against a key holding the wrong kind of value/);
    await assert.rejects(client.sendCommand(['NOPE', 'a']), /ERR unknown command 'NOPE', with args beginning with: 'a'/);
    await assert.rejects(client.incr('word'), /ERR value is not an integer or out of range/);
  });
}

async function listening(claim, client, connect) {
  await claim('channels, patterns and shards', async () => {
    const subscriber = await connect();
    const heard = [];
    const hear = (kind) => (message, channel) => heard.push([kind, channel, String(message)]);
    await subscriber.subscribe(['news', 'sport'], hear('channel'));
    await subscriber.pSubscribe('n*', hear('pattern'));
    await subscriber.sSubscribe('shard', hear('shard'));
    assert.equal(await client.publish('news', 'hi'), 2);
    assert.equal(await client.sPublish('shard', 'x'), 1);
    await eventually(() => heard.length === 3);
    assert.deepEqual(heard.sort(), [['channel', 'news', 'hi'], ['pattern', 'news', 'hi'], ['shard', 'shard', 'x']]);
    assert.deepEqual({ ...(await client.pubSubNumSub(['news', 'none'])) }, { news: 1, none: 0 });
    assert.match(await subscriber.ping(), /pong/i);
    await subscriber.unsubscribe('sport');
    assert.equal(await client.publish('sport', 'x'), 0);
    await subscriber.close();
  });
  await claim('blocked pops and stream readers wake', async () => {
    const waiting = await connect();
    const popped = waiting.blPop(['jobs', 'others'], 0);
    await eventually(async () => (await client.clientList()).some(({ cmd }) => cmd === 'blpop'));
    await client.rPush('others', 'x');
    assert.deepEqual({ ...(await popped) }, { key: 'others', element: 'x' });
    assert.equal(await waiting.bzPopMin('nothing', 0.05), null);
    const read = waiting.xRead({ key: 'feed', id: '$' }, { BLOCK: 0 });
    await eventually(async () => (await client.clientList()).some(({ cmd }) => cmd === 'xread'));
    const id = await client.xAdd('feed', '*', { a: 'b' });
    const [{ name, messages }] = await read;
    assert.deepEqual([name, messages[0].id, { ...messages[0].message }], ['feed', id, { a: 'b' }]);
    await waiting.close();
  });
  await claim('a group of consumers', async () => {
    await client.xGroupCreate('orders', 'mail', '0', { MKSTREAM: true });
    for (let i = 0; i < 5; ++i) await client.xAdd('orders', '*', { number: String(i) });
    const [{ messages }] = await client.xReadGroup('mail', 'a', { key: 'orders', id: '>' }, { COUNT: 3 });
    assert.deepEqual(messages.map(({ message }) => message.number), ['0', '1', '2']);
    assert.equal(await client.xAck('orders', 'mail', messages[0].id), 1);
    assert.equal((await client.xPending('orders', 'mail')).pending, 2);
    const claimed = await client.xAutoClaim('orders', 'mail', 'b', 0, '0');
    assert.deepEqual(claimed.messages.map(({ id }) => id), messages.slice(1).map(({ id }) => id));
    const [group] = await client.xInfoGroups('orders');
    assert.deepEqual([group.name, group.consumers, group.pending, group.lag], ['mail', 2, 2, 2]);
    assert.equal((await client.xInfoStream('orders')).length, 5);
  });
}

async function scans(claim, client) {
  await claim('iterators visit all', async () => {
    await client.flushDb();
    const names = Array.from({ length: 555 }, (_, i) => `scanned:${i}`);
    await client.mSet(names.map((name) => [name, '1']));
    await client.hSet('hash', Object.fromEntries(names.map((name) => [name, 'v'])));
    await client.sAdd('set', names);
    await client.zAdd('board', names.map((value, score) => ({ score, value })));
    assert.deepEqual((await collect(client.scanIterator({ MATCH: 'scanned:*', COUNT: 100 }))).sort(), names.sort());
    assert.deepEqual(await collect(client.scanIterator({ TYPE: 'hash' })), ['hash']);
    assert.equal((await collect(client.hScanIterator('hash'))).length, 555);
    assert.equal((await collect(client.sScanIterator('set', { MATCH: '*1' }))).length, names.filter((name) => name.endsWith('1')).length);
    assert.equal((await collect(client.zScanIterator('board'))).length, 555);
  });
}

async function scripting(claim, client, connect) {
  await claim('scripts and functions', async () => {
    const scripted = await connect({
      scripts: {
        add: defineScript({
          NUMBER_OF_KEYS: 1,
          SCRIPT: 'return redis.call("INCRBY", KEYS[1], ARGV[1])',
          parseCommand(parser, key, by) {
            parser.pushKey(key);
            parser.push(String(by));
          },
          transformReply: (reply) => reply * 10,
        }),
      },
    });
    assert.equal(await scripted.add('sum', 4), 40);
    assert.equal(await scripted.add('sum', 1), 50);
    await scripted.close();
    assert.deepEqual(await client.eval('return {KEYS[1], ARGV[1]}', { keys: ['k'], arguments: ['v'] }), ['k', 'v']);
    const code = "#!lua name=echoes\nredis.register_function{function_name='say', callback=function(keys, args) return args[1] end, flags={'no-writes'}}";
    assert.equal(await client.functionLoad(code, { REPLACE: true }), 'echoes');
    assert.equal(await client.fCallRo('say', { arguments: ['hello'] }), 'hello');
    const [library] = await client.functionList();
    assert.equal(library.library_name, 'echoes');
    assert.equal(library.functions[0].name, 'say');
    await client.functionDelete('echoes');
  });
}

async function pools(claim, url, RESP) {
  await claim('a pool', async () => {
    const pool = await createClientPool({ url, RESP }, { minimum: 2, maximum: 4 }).connect();
    await pool.set('pooled', '0');
    await Promise.all(Array.from({ length: 200 }, () => pool.incr('pooled')));
    assert.equal(await pool.get('pooled'), '200');
    assert.deepEqual(await pool.multi().incr('pooled').get('pooled').exec(), [201, '201']);
    const popped = Promise.all([1, 2, 3].map(() => pool.blPop('in-pool', 5)));
    await pool.execute((one) => one.rPush('in-pool', ['a', 'b', 'c']));
    assert.deepEqual((await popped).map(({ element }) => element).sort(), ['a', 'b', 'c']);
    await pool.close();
  });
}

async function introspection(claim, client) {
  await claim('what the server says of itself and its commands', async () => {
    assert.match(await client.info('server'), /redis_version:\d+\.\d+/);
    const commands = await client.command();
    const get = commands.find(({ name }) => name === 'get');
    assert.equal(get.arity, 2);
    assert.ok(get.flags.has('readonly'));
    assert.deepEqual(await client.commandGetKeys(['MSET', 'a', '1', 'b', '2']), ['a', 'b']);
    assert.equal(await client.aclWhoAmI(), 'default');
    assert.deepEqual({ ...(await client.configGet('maxmemory-policy')) }, { 'maxmemory-policy': 'noeviction' });
    assert.equal(await client.clientSetName('mine'), 'OK');
    assert.equal((await client.clientInfo()).name, 'mine');
    assert.equal(await client.objectEncoding('set').then(Boolean), true);
    assert.ok((await client.memoryUsage('set')) > 0);
    assert.ok(Math.abs((await client.time()).getTime?.() - Date.now() || 0) < 60_000);
  });
}

export default async function nodeRedis(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  const url = `redis://default:${token}@127.0.0.1:${server.redis}`;
  for (const RESP of [2, 3]) {
    const name = (text, check) => claim(`node-redis, RESP${RESP}: ${text}`, check);
    const connect = (options = {}) => createClient({ url, RESP, ...options }).on('error', () => undefined).connect();
    const client = await connect();
    await values(name, client);
    await documents(name, client);
    await batches(name, client, connect);
    await listening(name, client, connect);
    await scans(name, client);
    await scripting(name, client, connect);
    await introspection(name, client);
    await pools(name, url, RESP);
    await client.close();
  }
  await claim('node-redis: a wrong password is refused', async () => {
    const stranger = createClient({ url: `redis://default:wrong@127.0.0.1:${server.redis}`, socket: { reconnectStrategy: false } });
    stranger.on('error', () => undefined);
    await assert.rejects(stranger.connect(), /WRONGPASS/);
  });
  await claim('the server ends well after node-redis', () => server.stop());
}
