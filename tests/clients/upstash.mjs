// @upstash/redis as its users have it, with nothing but URL and token changed, and the libraries built on it.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { Lock } from '@upstash/lock';
import { Queue } from '@upstash/queue';
import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';

import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';

async function untilTrue(check) {
  while (!(await check())) await pause(5);
}

async function redisFlow(claim, redis, url) {
  await claim('values of all kinds come back', async () => {
    await redis.flushdb();
    const value = { name: 'größer 你好', list: [1, 2.5, null, true], deep: { a: 'b' } };
    assert.equal(await redis.set('object', value), 'OK');
    assert.deepEqual(await redis.get('object'), value);
    assert.equal(await redis.set('number', 42, { ex: 60 }), 'OK');
    assert.equal(await redis.get('number'), 42);
    assert.equal(await redis.incrby('number', 8), 50);
    assert.equal(await redis.get('missing'), null);
    assert.equal(await redis.set('text', 'OK'), 'OK');
    assert.equal(await redis.get('text'), 'OK');
    assert.equal(await redis.set('object', 'x', { nx: true }), null);
    assert.equal(await redis.set('object', 'x', { xx: true, get: true }).then((had) => had.name), value.name);
    assert.equal(await redis.ping(), 'PONG');
    assert.equal(await redis.echo('OK'), 'OK');
    assert.deepEqual(await redis.mget('number', 'missing', 'text'), [50, null, 'OK']);
    assert.equal(await redis.type('text'), 'string');
  });
  await claim('hashes, lists, sets and sorted sets', async () => {
    assert.equal(await redis.hset('h', { a: 1, b: { c: 2 } }), 2);
    assert.deepEqual(await redis.hgetall('h'), { a: 1, b: { c: 2 } });
    assert.equal(await redis.hgetall('missing'), null);
    assert.deepEqual(await redis.hmget('h', 'a', 'x'), { a: 1, x: null });
    assert.equal(await redis.rpush('l', 'a', { b: 1 }, 'OK'), 3);
    assert.deepEqual(await redis.lrange('l', 0, -1), ['a', { b: 1 }, 'OK']);
    assert.equal(await redis.lmove('l', 'l2', 'left', 'right'), 'a');
    assert.equal(await redis.sadd('s', 'x', 'y'), 2);
    assert.deepEqual((await redis.smembers('s')).sort(), ['x', 'y']);
    assert.equal(await redis.zadd('z', { score: 1, member: 'one' }, { score: 2.5, member: 'two' }), 2);
    assert.deepEqual(await redis.zrange('z', 0, -1, { withScores: true }), ['one', 1, 'two', 2.5]);
    assert.equal(await redis.zscore('z', 'two'), 2.5);
    assert.equal(await redis.zincrby('z', 1, 'one'), 2);
  });
  await claim('a scan visits every key once', async () => {
    await redis.flushdb();
    const names = Array.from({ length: 250 }, (_, i) => `scanned:${i}`);
    await redis.mset(Object.fromEntries(names.map((name) => [name, 1])));
    const found = [];
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, { match: 'scanned:*', count: 20 });
      found.push(...keys);
      cursor = next;
    } while (cursor !== '0');
    assert.deepEqual(found.sort(), names.sort());
  });
  await claim('a pipeline answers each, and tells errors', async () => {
    const pipeline = redis.pipeline().set('p', 'abc').get('p').strlen('p');
    assert.deepEqual(await pipeline.exec(), ['OK', 'abc', 3]);
    await assert.rejects(redis.pipeline().set('p', 'abc').incr('p').exec(), /Command 2 \[ incr \] failed: .*not an integer/);
    const kept = await redis.pipeline().incr('p').get('p').exec({ keepErrors: true });
    assert.match(kept[0].error, /not an integer/);
    assert.equal(kept[1].result, 'abc');
  });
  await claim('a transaction is one', async () => {
    assert.deepEqual(await redis.multi().set('t', 1).incr('t').get('t').exec(), ['OK', 2, 2]);
    await assert.rejects(redis.multi().set('never', 1).exec().then(() => redis.multi().eval('syntax error', [], []).exec()));
    const bumps = Array.from({ length: 30 }, () => redis.multi().incr('left').incr('right').exec());
    for (const [left, right] of await Promise.all(bumps)) assert.equal(left, right);
  });
  await claim('errors are told with the command', async () => {
    await assert.rejects(redis.lpush('t', 1), /WRONGTYPE/);
    await assert.rejects(redis.exec(['NOPE', 'x']), /Command is not available: 'NOPE'/);
    await assert.rejects(new Redis({ url, token: 'wrong' }).get('t'), /WRONGPASS/);
  });
  await claim('documents', async () => {
    await redis.json.set('doc', '$', { a: 2, b: 3, nested: { a: 4, b: null } });
    assert.deepEqual(await redis.json.get('doc', '$..b'), [null, 3]);
    assert.deepEqual(await redis.json.numincrby('doc', '$.a', 5), [7]);
    assert.deepEqual(await redis.json.get('doc'), { a: 7, b: 3, nested: { a: 4, b: null } });
    assert.deepEqual(await redis.json.arrappend('doc', '$.missing', 1).catch(() => []), []);
  });
  await claim('streams', async () => {
    const id = await redis.xadd('events', '*', { kind: 'made', size: 3 });
    assert.deepEqual(await redis.xrange('events', '-', '+'), { [id]: { kind: 'made', size: 3 } });
    assert.equal(await redis.xlen('events'), 1);
  });
  await claim('scripts are sent once', async () => {
    const script = redis.createScript('return {KEYS[1], ARGV[1]}');
    assert.deepEqual(await script.exec(['k'], ['v']), ['k', 'v']);
    assert.deepEqual(await script.exec(['k'], ['w']), ['k', 'w']);
    assert.equal(await redis.eval('return redis.call("INCRBY", KEYS[1], ARGV[1])', ['by-script'], [5]), 5);
  });
  await claim('read-your-writes has a token to carry', async () => {
    await redis.set('ryw', 1);
    const first = redis.readYourWritesSyncToken;
    await redis.set('ryw', 2);
    assert.ok(first);
    assert.notEqual(redis.readYourWritesSyncToken, first);
  });
}

async function listening(claim, redis) {
  await claim('a subscription hears what is published', async () => {
    const subscriber = redis.subscribe(['news', 'sport']);
    const heard = [];
    const ready = [];
    subscriber.on('subscribe', (count) => ready.push(count));
    subscriber.on('message', ({ channel, message }) => heard.push([channel, message]));
    subscriber.on('error', (error) => heard.push(['error', String(error)]));
    await untilTrue(() => ready.length === 2);
    assert.equal(await redis.publish('news', { text: 'hi, all' }), 1);
    assert.equal(await redis.publish('sport', 'plain, text'), 1);
    await untilTrue(() => heard.length === 2);
    assert.deepEqual(Object.fromEntries(heard), { news: { text: 'hi, all' }, sport: 'plain, text' });
    await subscriber.unsubscribe();
    await untilTrue(async () => (await redis.publish('news', 'x')) === 0);
  });
  await claim('a pattern hears what matches', async () => {
    const subscriber = redis.psubscribe('user:*');
    const heard = [];
    let ready = false;
    subscriber.on('psubscribe', () => (ready = true));
    subscriber.on('pmessage', ({ pattern, channel, message }) => heard.push([pattern, channel, message]));
    await untilTrue(() => ready);
    await redis.publish('user:1', { a: 1 });
    await untilTrue(() => heard.length === 1);
    assert.deepEqual(heard, [['user:*', 'user:1', { a: 1 }]]);
    await subscriber.unsubscribe();
  });
}

async function ratelimits(claim, redis) {
  const limiters = {
    'a fixed window': Ratelimit.fixedWindow(5, '60 s'),
    'a sliding window': Ratelimit.slidingWindow(5, '60 s'),
    'a token bucket': Ratelimit.tokenBucket(5, '60 s', 5),
  };
  for (const [name, limiter] of Object.entries(limiters)) {
    await claim(`${name} lets five through and no more`, async () => {
      await redis.flushdb();
      const ratelimit = new Ratelimit({ redis, limiter, prefix: name, ephemeralCache: false });
      const answers = [];
      for (let i = 0; i < 8; ++i) answers.push((await ratelimit.limit('ana')).success);
      assert.deepEqual(answers, [true, true, true, true, true, false, false, false]);
      assert.equal((await ratelimit.limit('bo')).success, true);
      assert.equal((await ratelimit.getRemaining('ana')).remaining, 0);
      await ratelimit.resetUsedTokens('ana');
      assert.equal((await ratelimit.limit('ana')).success, true);
    });
  }
  await claim('together they let five through', async () => {
    const ratelimit = new Ratelimit({ redis, limiter: Ratelimit.slidingWindow(5, '60 s'), prefix: 'at-once' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ratelimit.limit('ana')));
    assert.equal(answers.filter(({ success }) => success).length, 5);
  });
  await claim('a cached fixed window counts here and there', async () => {
    const cached = { redis, limiter: Ratelimit.cachedFixedWindow(5, '60 s'), prefix: 'cached', ephemeralCache: new Map() };
    const ratelimit = new Ratelimit(cached);
    const answers = [];
    for (let i = 0; i < 8; ++i) {
      const { success, pending } = await ratelimit.limit('ana');
      await pending;
      answers.push(success);
    }
    assert.deepEqual(answers, [true, true, true, true, true, false, false, false]);
    const [key] = await redis.keys('cached:ana:*');
    assert.ok((await redis.get(key)) >= 5);
  });
  await claim('who is blocked is told by the cache, and gets through when the window is over', async () => {
    const ratelimit = new Ratelimit({ redis, limiter: Ratelimit.fixedWindow(2, '500 ms'), prefix: 'waits', ephemeralCache: new Map() });
    const waited = [];
    for (let i = 0; i < 5; ++i) waited.push((await ratelimit.blockUntilReady('ana', 5000)).success);
    assert.deepEqual(waited, [true, true, true, true, true]);
    const fast = new Ratelimit({ redis, limiter: Ratelimit.fixedWindow(1, '60 s'), prefix: 'fast', ephemeralCache: new Map() });
    await fast.limit('ana');
    await fast.limit('ana');
    const { success, reason } = await fast.limit('ana');
    assert.deepEqual([success, reason], [false, 'cacheBlock']);
  });
  await claim('analytics and deny lists', async () => {
    const ratelimit = new Ratelimit({
      redis,
      limiter: Ratelimit.fixedWindow(100, '60 s'),
      prefix: 'analytics',
      analytics: true,
      enableProtection: false,
    });
    const { success, pending } = await ratelimit.limit('ana');
    await pending;
    assert.ok(success);
    assert.ok((await redis.keys('analytics:*')).length > 1);
  });
  await claim('dynamic limits', async () => {
    const ratelimit = new Ratelimit({ redis, limiter: Ratelimit.fixedWindow(1, '60 s'), prefix: 'dynamic', dynamicLimits: true, ephemeralCache: false });
    await ratelimit.setDynamicLimit({ limit: 2 });
    const answers = [];
    for (let i = 0; i < 3; ++i) answers.push((await ratelimit.limit('ana')).success);
    assert.deepEqual(answers, [true, true, false]);
  });
}

async function locks(claim, redis) {
  await claim('a lock is held by one', async () => {
    const options = { id: 'lock', redis, lease: 30_000, retry: { attempts: 1, delay: 10 } };
    const [first, second] = [new Lock(options), new Lock(options)];
    assert.equal(await first.acquire(), true);
    assert.equal(await second.acquire(), false);
    assert.equal(await first.getStatus(), 'ACQUIRED');
    assert.equal(await first.extend(5000), true);
    assert.equal(await first.release(), true);
    assert.equal(await second.acquire(), true);
    assert.equal(await second.release(), true);
  });
  await claim('a lease that is over frees the lock', async () => {
    const first = new Lock({ id: 'lease', redis, lease: 200 });
    const second = new Lock({ id: 'lease', redis, lease: 30_000, retry: { attempts: 200, delay: 10 } });
    assert.equal(await first.acquire(), true);
    assert.equal(await second.acquire(), true);
  });
  await claim('many at once go one by one', async () => {
    let inside = 0;
    let through = 0;
    const enter = async () => {
      const mine = new Lock({ id: 'door', redis, lease: 30_000, retry: { attempts: 1000, delay: 5 } });
      assert.equal(await mine.acquire(), true);
      assert.equal(++inside, 1);
      await redis.incr('through');
      --inside;
      through += 1;
      assert.equal(await mine.release(), true);
    };
    await redis.del('through');
    await Promise.all(Array.from({ length: 12 }, enter));
    assert.equal(await redis.get('through'), through);
  });
}

async function queues(claim, redis) {
  await claim('a queue gives messages in their order, each once', async () => {
    await redis.flushdb();
    const queue = new Queue({ redis, queueName: 'mail', concurrencyLimit: 5 });
    for (let i = 0; i < 3; ++i) assert.ok(await queue.sendMessage({ number: i }));
    const got = [];
    for (let i = 0; i < 3; ++i) got.push((await queue.receiveMessage()).body.number);
    assert.deepEqual(got, [0, 1, 2]);
    assert.equal(await queue.receiveMessage(), null);
  });
  await claim('a message can be delayed, but not waited for, as REST refuses to block', async () => {
    const options = { redis, queueName: 'waiting', concurrencyLimit: 5 };
    const queue = new Queue(options);
    await assert.rejects(queue.receiveMessage(2000), /"XREADGROUP BLOCK" is not allowed in REST/);
    await queue.sendMessage({ text: 'later' }, 150);
    assert.equal(await queue.receiveMessage(), null);
    let got = null;
    await untilTrue(async () => (got ??= await new Queue(options).receiveMessage()));
    assert.equal(got.body.text, 'later');
  });
  await claim('several receivers share the messages, each received once', async () => {
    const options = { redis, queueName: 'shared', concurrencyLimit: 5 };
    const sender = new Queue(options);
    for (let i = 0; i < 20; ++i) await sender.sendMessage({ number: i });
    const got = [];
    const receive = async () => {
      const queue = new Queue(options);
      for (let message = await queue.receiveMessage(); message; message = await queue.receiveMessage()) got.push(message.body.number);
    };
    await Promise.all([receive(), receive(), receive()]);
    assert.deepEqual(got.sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i));
  });
  await claim('a message that is not verified comes again', async () => {
    const options = { redis, queueName: 'again', autoVerify: false, visibilityTimeout: 200, concurrencyLimit: 5 };
    const queue = new Queue(options);
    await queue.sendMessage({ text: 'x' });
    const first = await queue.receiveMessage();
    assert.equal(first.body.text, 'x');
    const other = new Queue(options);
    let second = null;
    await untilTrue(async () => (second ??= await new Queue(options).receiveMessage()));
    assert.equal(second.streamId, first.streamId);
    assert.equal(await other.verifyMessage(second.streamId), 'VERIFIED');
    await pause(250);
    assert.equal(await other.receiveMessage(), null);
  });
}

export default async function upstash(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  const url = `${server.url}/redis`;
  const parts = { 'auto-pipelining': {}, 'one by one': { enableAutoPipelining: false }, 'as it is': { automaticDeserialization: true, responseEncoding: false } };
  for (const [name, options] of Object.entries(parts)) {
    const redis = new Redis({ url, token, ...options });
    await redisFlow((text, check) => claim(`@upstash/redis, ${name}: ${text}`, check), redis, url);
  }
  const redis = new Redis({ url, token });
  await listening((text, check) => claim(`@upstash/redis: ${text}`, check), redis);
  await ratelimits((text, check) => claim(`@upstash/ratelimit: ${text}`, check), redis);
  await locks((text, check) => claim(`@upstash/lock: ${text}`, check), redis);
  await queues((text, check) => claim(`@upstash/queue: ${text}`, check), redis);
  await claim('the server ends well after the SDKs of Upstash', () => server.stop());
}
