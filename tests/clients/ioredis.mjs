// ioredis as its users have it: a microblog kept in Redis, and what applications ask of the client besides.
import assert from 'node:assert/strict';
import { once } from 'node:events';

import { Redis } from 'ioredis';

import { createDatabase } from './databases.mjs';
import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';

const eventually = async (check) => {
  for (;;) {
    const value = await check();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 5));
  }
};

// A company's posts, in a database of its own: post:id counts them, posts is the set of all, post:1 a text and
// hashtag:cool the set of the posts that are tagged so.
class Microblog {
  constructor(redis) {
    this.redis = redis;
  }

  async create(text) {
    const id = `post:${await this.redis.incr('post:id')}`;
    await this.redis.set(id, text);
    await this.redis.sadd('posts', id);
    for (const tag of Microblog.tags(text)) await this.redis.sadd(`hashtag:${tag}`, id);
    return { id, text };
  }

  async list(tag) {
    const ids = await this.redis.smembers(tag ? `hashtag:${tag}` : 'posts');
    if (ids.length === 0) return [];
    const texts = await this.redis.mget(ids);
    return ids.map((id, i) => ({ id, text: texts[i] }));
  }

  async delete(id) {
    const text = await this.redis.get(id);
    for (const tag of Microblog.tags(text)) await this.redis.srem(`hashtag:${tag}`, id);
    await this.redis.srem('posts', id);
    await this.redis.del(id);
    return { id, text };
  }

  static tags(text) {
    return [...text.matchAll(/#(\w+)/g)].map(([, tag]) => tag);
  }
}

async function microblogs(claim, server) {
  const companies = {};
  for (const name of ['acme', 'initech']) {
    const { secret } = await createDatabase(server, name);
    companies[name] = new Redis({ port: server.redis, password: secret });
  }
  const [acme, initech] = Object.values(companies).map((redis) => new Microblog(redis));
  const byId = (posts) => posts.sort((a, b) => a.id.localeCompare(b.id));

  await claim('a microblog creates posts under the keys it expects', async () => {
    assert.deepEqual(await acme.create('My first post'), { id: 'post:1', text: 'My first post' });
    assert.deepEqual(await acme.create('This is #cool'), { id: 'post:2', text: 'This is #cool' });
    assert.deepEqual(await acme.create('So #cool and #fun'), { id: 'post:3', text: 'So #cool and #fun' });
    const { redis } = acme;
    const keys = ['hashtag:cool', 'hashtag:fun', 'post:1', 'post:2', 'post:3', 'post:id', 'posts'];
    assert.deepEqual((await redis.keys('*')).sort(), keys);
    assert.deepEqual(await Promise.all(keys.map((key) => redis.type(key))), ['set', 'set', 'string', 'string', 'string', 'string', 'set']);
    assert.equal(await redis.get('post:id'), '3');
    assert.deepEqual((await redis.smembers('hashtag:cool')).sort(), ['post:2', 'post:3']);
  });
  await claim('it lists all posts and those of a hashtag', async () => {
    assert.deepEqual(byId(await acme.list()).map(({ id }) => id), ['post:1', 'post:2', 'post:3']);
    assert.deepEqual(await acme.list('fun'), [{ id: 'post:3', text: 'So #cool and #fun' }]);
    assert.deepEqual(await acme.list('unknown'), []);
  });
  await claim('one company sees nothing of another', async () => {
    assert.deepEqual(await initech.list(), []);
    assert.equal((await initech.create('Ours is #cool too')).id, 'post:1');
    assert.deepEqual(await initech.list('cool'), [{ id: 'post:1', text: 'Ours is #cool too' }]);
    assert.equal((await acme.list('cool')).length, 2);
  });
  await claim('a deleted post leaves nothing behind', async () => {
    assert.deepEqual(await acme.delete('post:3'), { id: 'post:3', text: 'So #cool and #fun' });
    assert.deepEqual(await acme.list('cool'), [{ id: 'post:2', text: 'This is #cool' }]);
    await acme.delete('post:2');
    assert.deepEqual((await acme.redis.keys('*')).sort(), ['post:1', 'post:id', 'posts']);
    assert.equal((await acme.create('Back')).id, 'post:4');
  });
  for (const redis of Object.values(companies)) await redis.quit();
}

async function values(claim, redis) {
  await claim('values of all types', async () => {
    assert.equal(await redis.set('text', 'größer 你好', 'EX', 60), 'OK');
    assert.equal(await redis.get('text'), 'größer 你好');
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await redis.set('bytes', bytes);
    assert.ok(bytes.equals(await redis.getBuffer('bytes')));
    assert.equal(await redis.hset('hash', { a: 1, b: 'x' }), 2);
    assert.deepEqual({ ...(await redis.hgetall('hash')) }, { a: '1', b: 'x' });
    assert.equal(await redis.hset('hash', new Map([['c', '3']])), 1);
    await redis.rpush('list', 1, 2, 3);
    assert.deepEqual(await redis.lrange('list', 0, -1), ['1', '2', '3']);
    assert.deepEqual(await redis.lmpop(2, 'missing', 'list', 'LEFT', 'COUNT', 2), ['list', ['1', '2']]);
    await redis.zadd('board', 10, 'ana', 20, 'bo', 'inf', 'cy');
    assert.deepEqual(await redis.zrevrange('board', 0, -1, 'WITHSCORES'), ['cy', 'inf', 'bo', '20', 'ana', '10']);
    await redis.geoadd('places', 13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania');
    assert.equal(await redis.geodist('places', 'Palermo', 'Catania', 'km'), '166.2742');
    await redis.pfadd('visitors', ...Array.from({ length: 100 }, (_, i) => `v${i}`));
    assert.ok(Math.abs((await redis.pfcount('visitors')) - 100) < 5);
    assert.equal(await redis.setbit('bits', 7, 1), 0);
    assert.deepEqual(await redis.bitfield('bits', 'GET', 'u8', 0, 'INCRBY', 'u8', 0, 4), [1, 5]);
    assert.equal(await redis.copy('text', 'copy'), 1);
    assert.ok((await redis.pttl('copy')) > 59_000);
  });
  await claim('a dump is restored', async () => {
    const bytes = await redis.dumpBuffer('hash');
    assert.equal(await redis.restore('restored', 0, bytes), 'OK');
    assert.deepEqual({ ...(await redis.hgetall('restored')) }, { a: '1', b: 'x', c: '3' });
  });
  await claim('documents are reached by call', async () => {
    assert.equal(await redis.call('JSON.SET', 'doc', '$', '{"a":[1,2]}'), 'OK');
    assert.equal(await redis.call('JSON.GET', 'doc', '$.a[1]'), '[2]');
  });
}

async function batches(claim, redis, connect) {
  await claim('a pipeline of ten thousand answers each in its place', async () => {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 10_000; ++i) pipeline.set(`many:${i}`, i);
    for (let i = 0; i < 10_000; ++i) pipeline.get(`many:${i}`);
    const answers = await pipeline.exec();
    assert.equal(answers.length, 20_000);
    answers.slice(10_000).forEach(([error, value], i) => assert.deepEqual([error, value], [null, String(i)]));
  });
  await claim('one error in a pipeline is one command’s', async () => {
    await redis.set('word', 'abc');
    const [first, second, third] = await redis.pipeline().incr('word').get('word').lpush('word', 1).exec();
    assert.equal(first[0].message, 'ERR value is not an integer or out of range');
    assert.deepEqual(second, [null, 'abc']);
    assert.equal(third[0].message, 'WRONGTYPE Operation against a key holding the wrong kind of value');
  });
  await claim('a transaction', async () => {
    assert.deepEqual(await redis.multi().set('t', 1).incr('t').get('t').exec(), [[null, 'OK'], [null, 2], [null, '2']]);
    await redis.multi({ pipeline: false });
    assert.equal(await redis.set('t', 5), 'QUEUED');
    assert.equal(await redis.incr('t'), 'QUEUED');
    assert.deepEqual(await redis.exec(), [[null, 'OK'], [null, 6]]);
  });
  await claim('a transaction with an unknown argument count is refused whole', async () => {
    const broken = redis.multi().set('t', 'kept-out').call('set', 't');
    const error = await broken.exec().then(() => undefined, (reason) => reason);
    assert.match(error.message, /^EXECABORT Transaction discarded because of previous errors/);
    assert.equal(error.previousErrors[0].message, "ERR wrong number of arguments for 'set' command");
    assert.equal(await redis.get('t'), '6');
  });
  await claim('a watched key that another changes stops the transaction', async () => {
    const other = connect();
    await redis.set('account', 10);
    await redis.watch('account');
    await other.incr('account');
    assert.equal(await redis.multi().set('account', 0).exec(), null);
    await redis.watch('account');
    const balance = Number(await redis.get('account'));
    assert.deepEqual(await redis.multi().set('account', balance + 1).exec(), [[null, 'OK']]);
    assert.equal(await redis.get('account'), '12');
    await other.quit();
  });
  await claim('auto-pipelining sends what one turn of the loop asks', async () => {
    const automatic = connect({ enableAutoPipelining: true });
    const answers = await Promise.all(Array.from({ length: 500 }, () => automatic.incr('automatic')));
    assert.deepEqual(answers.sort((a, b) => a - b), Array.from({ length: 500 }, (_, i) => i + 1));
    await automatic.quit();
  });
}

async function listening(claim, redis, connect) {
  await claim('channels and patterns', async () => {
    const subscriber = connect();
    const heard = [];
    subscriber.on('message', (channel, message) => heard.push([channel, message]));
    subscriber.on('pmessage', (pattern, channel, message) => heard.push([pattern, channel, message]));
    subscriber.on('messageBuffer', (channel, message) => heard.push([String(channel), message.length]));
    assert.equal(await subscriber.subscribe('news', 'sport'), 2);
    assert.equal(await subscriber.psubscribe('n?ws'), 3);
    assert.equal(await redis.publish('news', 'hi'), 2);
    await eventually(() => heard.length === 3);
    assert.deepEqual(heard.sort(), [['n?ws', 'news', 'hi'], ['news', 'hi'], ['news', 2]].sort());
    assert.deepEqual(await subscriber.ping(), subscriber.options.protocol === 2 ? ['pong', ''] : 'PONG');
    assert.deepEqual(await redis.pubsub('NUMSUB', 'news', 'none'), ['news', 1, 'none', 0]);
    await subscriber.unsubscribe('news', 'sport');
    await subscriber.punsubscribe('n?ws');
    assert.equal(await subscriber.set('usable', 1), 'OK');
    await subscriber.quit();
  });
  await claim('sharded channels', async () => {
    const subscriber = connect();
    const heard = new Promise((done) => subscriber.on('smessage', (channel, message) => done([channel, message])));
    await subscriber.ssubscribe('shard');
    assert.equal(await redis.spublish('shard', 'x'), 1);
    assert.deepEqual(await heard, ['shard', 'x']);
    await subscriber.quit();
  });
  await claim('notices of the keyspace', async () => {
    await redis.config('SET', 'notify-keyspace-events', 'KEA');
    const subscriber = connect();
    const heard = [];
    subscriber.on('pmessage', (_, channel, message) => heard.push(`${channel} ${message}`));
    await subscriber.psubscribe('__key*__:*');
    await redis.set('noticed', 1, 'PX', 30);
    await eventually(() => heard.some((line) => line.includes('expired')));
    assert.deepEqual(heard.filter((line) => line.startsWith('__keyspace')), [
      '__keyspace@0__:noticed set',
      '__keyspace@0__:noticed expire',
      '__keyspace@0__:noticed expired',
    ]);
    assert.ok(heard.includes('__keyevent@0__:expired noticed'));
    await redis.config('SET', 'notify-keyspace-events', '');
    await subscriber.quit();
  });
  await claim('a monitor sees what others send', async () => {
    const watched = connect();
    const monitor = await watched.monitor();
    const seen = once(monitor, 'monitor');
    await redis.set('seen', 'by "the" monitor');
    const [, words] = await seen;
    assert.deepEqual(words.map(String), ['set', 'seen', 'by "the" monitor']);
    monitor.disconnect();
    watched.disconnect();
  });
}

async function streams(claim, redis, connect) {
  await claim('a group of consumers gets each entry once', async () => {
    await redis.xgroup('CREATE', 'orders', 'mailers', '$', 'MKSTREAM');
    const got = [];
    const work = async (name) => {
      const consumer = connect();
      for (;;) {
        const answer = await consumer.xreadgroup('GROUP', 'mailers', name, 'COUNT', 5, 'BLOCK', 300, 'STREAMS', 'orders', '>');
        if (!answer) break;
        for (const [, entries] of answer) {
          for (const [id, [, number]] of entries) {
            got.push(Number(number));
            await consumer.xack('orders', 'mailers', id);
          }
        }
      }
      await consumer.quit();
    };
    const working = [work('a'), work('b'), work('c')];
    for (let i = 0; i < 60; ++i) await redis.xadd('orders', '*', 'number', i);
    await Promise.all(working);
    assert.deepEqual(got.sort((a, b) => a - b), Array.from({ length: 60 }, (_, i) => i));
    assert.deepEqual(await redis.xpending('orders', 'mailers'), [0, null, null, null]);
  });
  await claim('entries left behind are claimed', async () => {
    await redis.xadd('orders', '*', 'number', 60);
    const [[, [[id]]]] = await redis.xreadgroup('GROUP', 'mailers', 'a', 'STREAMS', 'orders', '>');
    const [next, claimed, deleted] = await redis.xautoclaim('orders', 'mailers', 'b', 0, '0');
    assert.deepEqual([next, claimed.map(([one]) => one), deleted], ['0-0', [id], []]);
    const [[, consumer, , times]] = await redis.xpending('orders', 'mailers', '-', '+', 10);
    assert.deepEqual([consumer, times], ['b', 2]);
    const info = await redis.xinfo('STREAM', 'orders');
    assert.equal(info[info.indexOf('length') + 1], 61);
  });
  await claim('a blocked read wakes for a new entry', async () => {
    const reader = connect();
    const waiting = reader.xread('BLOCK', 0, 'STREAMS', 'feed', '$');
    await eventually(async () => /cmd=xread/.test(await redis.client('LIST')));
    const id = await redis.xadd('feed', '*', 'a', 'b');
    assert.deepEqual(await waiting, [['feed', [[id, ['a', 'b']]]]]);
    await reader.quit();
  });
}

async function blocking(claim, redis, connect) {
  await claim('a blocked pop gets what is pushed, first come first served', async () => {
    const [one, two] = [connect(), connect()];
    const first = one.blpop('jobs', 'others', 0);
    await eventually(async () => /cmd=blpop/.test(await redis.client('LIST')));
    const second = two.brpop('jobs', 0);
    await eventually(async () => /cmd=brpop/.test(await redis.client('LIST')));
    await redis.rpush('jobs', 'a', 'b', 'c');
    assert.deepEqual([await first, await second], [['jobs', 'a'], ['jobs', 'c']]);
    assert.equal(await one.blmove('missing', 'there', 'LEFT', 'RIGHT', 0.05), null);
    await redis.zadd('scores', 1, 'low', 9, 'high');
    assert.deepEqual(await one.bzpopmax('scores', 1), ['scores', 'high', '9']);
    await Promise.all([one.quit(), two.quit()]);
  });
}

async function scripting(claim, redis) {
  await claim('a defined command is a script, sent once', async () => {
    redis.defineCommand('transfer', {
      numberOfKeys: 2,
      lua: `local amount = tonumber(ARGV[1])
            if tonumber(redis.call('GET', KEYS[1]) or 0) < amount then return redis.error_reply('POOR not enough') end
            redis.call('DECRBY', KEYS[1], amount)
            return {redis.call('INCRBY', KEYS[2], amount), KEYS[1], ARGV[1]}`,
    });
    await redis.mset('from', 10, 'to', 0);
    assert.deepEqual(await redis.transfer('from', 'to', 4), [4, 'from', '4']);
    assert.deepEqual(await redis.transfer('from', 'to', 4), [8, 'from', '4']);
    await assert.rejects(redis.transfer('from', 'to', 4), /^ReplyError: POOR not enough/);
    const [[, viaPipeline]] = await redis.pipeline().transfer('from', 'to', 1).exec();
    assert.deepEqual(viaPipeline, [9, 'from', '1']);
    await redis.script('FLUSH');
    assert.deepEqual(await redis.transfer('from', 'to', 1), [10, 'from', '1']);
  });
  await claim('what a script returns', async () => {
    assert.deepEqual(await redis.eval("return {1, 2.9, 'x', true, false, {'deep'}}", 0), [1, 2, 'x', 1, null, ['deep']]);
    await assert.rejects(redis.eval('return redis.call("incr", "word")', 0), /value is not an integer/);
    await assert.rejects(redis.evalsha('0'.repeat(40), 0), /^ReplyError: NOSCRIPT No matching script/);
  });
  await claim('a function of a library', async () => {
    const code = "#!lua name=sums\nredis.register_function('sum', function(keys, args) return args[1] + args[2] end)";
    assert.equal(await redis.function('LOAD', 'REPLACE', code), 'sums');
    assert.equal(await redis.fcall('sum', 0, 4, 5), 9);
  });
}

async function scans(claim, redis) {
  const all = async (stream) => {
    const found = [];
    stream.on('data', (part) => found.push(...part));
    await once(stream, 'end');
    return found;
  };
  await claim('streams of scans visit all', async () => {
    await redis.flushdb();
    const names = Array.from({ length: 777 }, (_, i) => `scanned:${i}`);
    await redis.mset(names.flatMap((name) => [name, 1]));
    await redis.sadd('other', 'x');
    assert.deepEqual([...new Set(await all(redis.scanStream({ match: 'scanned:*', count: 50 })))].sort(), names.sort());
    assert.deepEqual(await all(redis.scanStream({ type: 'set' })), ['other']);
    await redis.hset('h', Object.fromEntries(names.map((name) => [name, 'v'])));
    assert.equal(new Set(await all(redis.hscanStream('h', { match: '*7' }))).size, names.filter((n) => n.endsWith('7')).length + 1);
    await redis.zadd('z', ...names.flatMap((name, i) => [i, name]));
    assert.equal((await all(redis.zscanStream('z'))).length, 2 * names.length);
    assert.equal((await all(redis.sscanStream('other'))).length, 1);
  });
}

async function connections(claim, server, redis, connect) {
  await claim('a duplicate keeps the options of the first', async () => {
    const twin = redis.duplicate();
    await redis.set('shared', 1);
    assert.equal(await twin.get('shared'), '1');
    await twin.quit();
  });
  await claim('a connection that is cut comes back with its subscriptions', async () => {
    const cut = connect({ retryStrategy: () => 10 });
    await cut.client('SETNAME', 'to-be-cut');
    const id = await cut.client('ID');
    const heard = [];
    const subscriber = connect({ retryStrategy: () => 10 });
    subscriber.on('message', (_, message) => heard.push(message));
    const listening = await subscriber.client('ID');
    await subscriber.subscribe('again');
    assert.equal(await redis.client('KILL', 'ID', id), 1);
    assert.equal(await redis.client('KILL', 'ID', listening), 1);
    assert.equal(await cut.set('after', 'the cut'), 'OK');
    assert.notEqual(await cut.client('ID'), id);
    await eventually(async () => (await redis.publish('again', 'heard')) === 1);
    await eventually(() => heard.length > 0);
    await Promise.all([cut.quit(), subscriber.quit()]);
  });
  await claim('a wrong password is refused with the words of Redis', async () => {
    const stranger = new Redis({ port: server.redis, password: 'wrong', retryStrategy: null, lazyConnect: true, maxRetriesPerRequest: 0 });
    stranger.on('error', () => undefined);
    const error = await stranger.connect().then(() => stranger.get('x')).catch((reason) => reason);
    assert.match(String(error), /WRONGPASS|NOAUTH|Connection is closed/);
    stranger.disconnect();
    const raw = connect();
    await assert.rejects(raw.auth('default', 'wrong'), /^ReplyError: WRONGPASS invalid username-password pair/);
    await raw.quit();
  });
  await claim('errors are told with the words of Redis', async () => {
    await assert.rejects(redis.call('nope', 'a'), /^ReplyError: ERR unknown command 'nope', with args beginning with: 'a'/);
    await assert.rejects(redis.call('get'), /^ReplyError: ERR wrong number of arguments for 'get' command/);
    await assert.rejects(redis.set('a', 'b', 'EX', 0), /^ReplyError: ERR invalid expire time in 'set' command/);
    await assert.rejects(redis.zadd('zz', 'abc', 'x'), /^ReplyError: ERR value is not a valid float/);
  });
}

export default async function ioredis(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  await microblogs((text, check) => claim(`ioredis: ${text}`, check), server);
  for (const protocol of [2, 3]) {
    const name = (text, check) => claim(`ioredis, RESP${protocol}: ${text}`, check);
    const connect = (options = {}) => new Redis({ port: server.redis, password: token, protocol, ...options });
    const redis = connect();
    await redis.flushdb();
    await values(name, redis);
    await batches(name, redis, connect);
    await listening(name, redis, connect);
    await streams(name, redis, connect);
    await blocking(name, redis, connect);
    await scripting(name, redis);
    await scans(name, redis);
    await connections(name, server, redis, connect);
    await redis.quit();
  }
  await claim('the server ends well after ioredis', () => server.stop());
}
