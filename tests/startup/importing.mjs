// millrace db import: databases copied in from a Redis and from another server of ours, by either protocol.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';

import { startServer } from '../clients/server.mjs';
import { Client } from '../redis/client.mjs';
import { eventually, freePort, inFolder, refuses, run } from './program.mjs';

const token = 'a-token-of-the-tests';

async function connect(port, secret) {
  const client = await Client.open(port);
  if (secret) await client.ask(['AUTH', secret], '+OK\r\n');
  client.encoding = 'latin1';
  return client;
}

// A redis-server of Debian, with further options; it ends with `use`.
async function withRedis(options, use) {
  await inFolder(async (folder) => {
    const port = await freePort();
    const words = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...options];
    const child = spawn('redis-server', words, { stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    try {
      await eventually(() => Client.open(port).catch(() => undefined), 'redis-server');
      await use(port);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
}

const numbered = (count, make) => Array.from({ length: count }, (_, i) => make(i)).flat();

// Keys of every type that Redis 7.0 has, small and large; two expire.
async function fill(client) {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const commands = [
    ['SET', 'text', 'größer 你好'],
    ['SET', 'empty', ''],
    ['SET', 'number', '12345'],
    ['SET', 'large', 'x'.repeat(3_000_000)],
    ['SET', Buffer.concat([Buffer.from('bytes '), bytes]), bytes],
    ['SETBIT', 'bits', '1000', '1'],
    ['PFADD', 'visitors', ...numbered(300, (i) => `visitor ${i}`)],
    ['RPUSH', 'list', 'a', 'b', '', 'b'],
    ['RPUSH', 'long list', ...numbered(3000, (i) => `element ${i}`)],
    ['SADD', 'numbers', '3', '1', '-20000000000'],
    ['SADD', 'set', ...numbered(2000, (i) => `member ${i}`)],
    ['HSET', 'hash', 'name', 'ana', 'age', '30'],
    ['HSET', 'large hash', ...numbered(2000, (i) => [`field ${i}`, `value ${i}`])],
    ['ZADD', 'board', '1', 'one', '-0.1', 'small', '1e300', 'huge', 'inf', 'top', '0.30000000000000004', 'sum'],
    ['ZADD', 'large board', ...numbered(2000, (i) => [`${i / 7}`, `member ${i}`])],
    ['GEOADD', 'places', '13.361389', '38.115556', 'Palermo'],
    ['XADD', 'single', '1-1', 'a', 'b'],
    ...Array.from({ length: 1300 }, (_, i) => ['XADD', 'stream', `${1000 + i}-${i % 3}`, 'number', `${i}`, 'text', 'x']),
    ['XDEL', 'stream', '1005-2', '2299-0'],
    ['XGROUP', 'CREATE', 'stream', 'mail', '0'],
    ['XGROUP', 'CREATE', 'stream', 'later', '$'],
    ['XGROUP', 'CREATECONSUMER', 'stream', 'later', 'idle'],
    ['XREADGROUP', 'GROUP', 'mail', 'a', 'COUNT', '700', 'STREAMS', 'stream', '>'],
    ['XREADGROUP', 'GROUP', 'mail', 'b', 'COUNT', '5', 'STREAMS', 'stream', '>'],
    ['XACK', 'stream', 'mail', '1000-0', '1003-0'],
    ['XCLAIM', 'stream', 'mail', 'b', '0', '1001-1', 'RETRYCOUNT', '7'],
    ['XGROUP', 'CREATE', 'no entries', 'mail', '0', 'MKSTREAM'],
    ['SET', 'expires', 'soon'],
    ['PEXPIREAT', 'expires', '1999999999123'],
    ['PEXPIREAT', 'large hash', '1888888888456'],
  ];
  for (const command of commands) client.command(...command);
  for (const command of commands) {
    const reply = await client.reply();
    assert.doesNotMatch(String(reply), /^-/, `${command.slice(0, 3)}: ${reply}`);
  }
}

const sorted = (list) => [...list].sort();
const chunks = (list, size) => Array.from({ length: list.length / size }, (_, i) => list.slice(i * size, i * size + size));
const named = (flat) => Object.fromEntries(chunks(flat, 2));

async function streamContent(client, key) {
  const info = named(await client.asked('XINFO', 'STREAM', key));
  const groups = [];
  for (const flat of await client.asked('XINFO', 'GROUPS', key)) {
    const group = named(flat);
    const consumers = (await client.asked('XINFO', 'CONSUMERS', key, group.name)).map((one) => named(one));
    const pending = await client.asked('XPENDING', key, group.name, '-', '+', '10000');
    groups.push({
      ...group,
      consumers: consumers.map(({ name, pending: count }) => [name, count]),
      pending: pending.map(([id, consumer, , times]) => [id, consumer, times]),
    });
  }
  const facts = ['length', 'last-generated-id', 'max-deleted-entry-id', 'entries-added'].map((name) => info[name]);
  return { entries: await client.asked('XRANGE', key, '-', '+'), facts, groups };
}

const readers = {
  string: (client, key) => client.asked('GET', key),
  list: (client, key) => client.asked('LRANGE', key, '0', '-1'),
  set: async (client, key) => sorted(await client.asked('SMEMBERS', key)),
  hash: async (client, key) => sorted(chunks(await client.asked('HGETALL', key), 2).map(String)),
  zset: async (client, key) => chunks(await client.asked('ZRANGE', key, '0', '-1', 'WITHSCORES'), 2).map(([member, score]) => [member, Number(score.replace('inf', 'Infinity'))]), // 7.0 writes more digits than it takes
  stream: streamContent,
  json: (client, key) => client.asked('JSON.GET', key),
  'ReJSON-RL': (client, key) => client.asked('JSON.GET', key),
};

// All keys with types, times of expiry and contents, as something to compare.
async function contents(client) {
  const keys = (await client.asked('KEYS', '*')).map((key) => Buffer.from(key, 'latin1')).sort(Buffer.compare);
  const all = {};
  for (const key of keys) {
    const type = (await client.asked('TYPE', key)).slice(1);
    all[key.toString('latin1')] = { type, at: await client.asked('PEXPIRETIME', key), content: await readers[type](client, key) };
  }
  return all;
}

async function imported(words, options) {
  const { code, out, err } = await run(['db', 'import', ...words, '--json'], options);
  const lines = out.trim().split('\n').map((line) => JSON.parse(line));
  return { code, err, ...lines.at(-1) };
}

async function secretOf(data, name) {
  const { out } = await run(['env', '--db', name, '--data', data, '--json']);
  return JSON.parse(out).UPSTASH_REDIS_REST_TOKEN;
}

// A way to `port` that is cut when so many bytes have come back.
async function cutAfter(bytes, port, use) {
  const way = net.createServer((near) => {
    const far = net.connect({ host: '127.0.0.1', port });
    let left = bytes;
    far.on('data', (piece) => {
      left -= piece.length;
      if (left > 0) near.write(piece);
      else near.destroy();
    });
    near.on('data', (piece) => far.write(piece));
    for (const end of [near, far]) end.on('error', () => undefined).on('close', () => (near.destroy(), far.destroy()));
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  try {
    await use(way.address().port);
  } finally {
    way.close();
  }
}

// REST as a service offers it that has no dumps: what comes is handed on to `server`, but for DUMP.
async function withoutDumps(server, use) {
  const proxy = http.createServer(async (request, response) => {
    const commands = JSON.parse(await new Response(request).text());
    const body = JSON.stringify(commands.map((command) => (command[0] === 'DUMP' ? ['NODUMP'] : command)));
    const { authorization, 'upstash-encoding': encoding } = request.headers;
    const headers = { authorization, 'upstash-encoding': encoding };
    const answer = await fetch(`${server.url}/redis/pipeline`, { method: 'POST', headers, body });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    await use(`http://127.0.0.1:${proxy.address().port}`);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

export default async function play(claim) {
  await claim('a Redis is copied with all its types, bytes and times, into a server that runs', () =>
    withRedis(['--requirepass', 'pass word/1'], async (port) => {
      const source = await connect(port, 'pass word/1');
      await source.asked('SELECT', '3');
      await fill(source);
      const server = await startServer();
      const url = `redis://default:pass%20word%2F1@127.0.0.1:${port}/3`;
      const outcome = await imported(['shop', url, '--data', server.data]);
      const expected = await contents(source);
      assert.deepEqual([outcome.code, outcome.done, outcome.copied, outcome.failed], [0, true, Object.keys(expected).length, 0]);
      const target = await connect(server.redis, await secretOf(server.data, 'shop'));
      assert.deepEqual(await contents(target), expected);
      await server.stop();
    }),
  );

  await claim('one without DUMP is copied by the commands of each type', () =>
    withRedis(['--rename-command', 'DUMP', '', '--rename-command', 'PEXPIRETIME', 'HIDDEN'], async (port) => {
      const source = await connect(port);
      await fill(source);
      const server = await startServer();
      const outcome = await imported(['shop', `redis://127.0.0.1:${port}`, '--data', server.data]);
      assert.equal(outcome.code, 0, outcome.err);
      const target = await connect(server.redis, await secretOf(server.data, 'shop'));
      const [expected, given] = [await contents({ asked: (name, ...words) => source.asked(name === 'PEXPIRETIME' ? 'HIDDEN' : name, ...words) }), await contents(target)];
      for (const [key, { at }] of Object.entries(expected)) {
        const off = Math.abs(Number(at.slice(1)) - Number(given[key].at.slice(1))); // a time to live, as of a moment
        assert.ok(off < 1000, `${key}: ${at} ${given[key].at}`);
        given[key].at = at;
      }
      assert.deepEqual(given, expected);
      assert.equal(outcome.copied, Object.keys(expected).length);
      await server.stop();
    }),
  );

  await claim('another millrace is copied over REST, documents and fields that expire too', async () => {
    const [from, to] = [await startServer({ environment: { MILLRACE_TOKEN: token } }), await startServer()];
    const source = await connect(from.redis, token);
    await fill(source);
    await source.asked('JSON.SET', 'doc', '$', '{"a":[1,2.5,null],"b":"größer"}');
    for (let i = 0; i < 12; ++i) await source.asked('RPUSH', 'beyond the limit of a reply', randomBytes(1_000_000));
    await source.asked('HPEXPIREAT', 'hash', '1999999999123', 'FIELDS', '1', 'age');
    const url = `${from.url.replace('//', `//default:${token}@`)}/redis`;
    const outcome = await imported(['shop', url, '--data', to.data]);
    assert.equal(outcome.code, 0, outcome.err);
    const target = await connect(to.redis, await secretOf(to.data, 'shop'));
    const [expected, given] = [await contents(source), await contents(target)];
    assert.deepEqual(given, expected);
    assert.deepEqual(await target.asked('HPEXPIRETIME', 'hash', 'FIELDS', '2', 'age', 'name'), [':1999999999123', ':-1']);

    await source.asked('DEL', ...Object.keys(expected).filter((key) => key.startsWith('bytes')).map((key) => Buffer.from(key, 'latin1')));
    await withoutDumps(from, async (place) => {
      const again = await imported(['by-type', place, '--token', token, '--data', to.data]);
      assert.equal(again.code, 0, again.err);
    });
    const other = await connect(to.redis, await secretOf(to.data, 'by-type'));
    assert.deepEqual(await contents(other), await contents(source));
    assert.deepEqual(await other.asked('HPEXPIRETIME', 'hash', 'FIELDS', '2', 'age', 'name'), [':1999999999123', ':-1']);
    await from.stop();
    await to.stop();
  });

  await claim('rediss:// is copied when its certificate is trusted', () =>
    inFolder(async (folder) => {
      const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
      await withRedis(['--tls-port', `${await freePort()}`, '--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'], async (port) => {
        const plain = await connect(port);
        const tls = (await plain.asked('CONFIG', 'GET', 'tls-port'))[1];
        await fill(plain);
        const server = await startServer();
        await refuses(['db', 'import', 'shop', `rediss://127.0.0.1:${tls}`, '--data', server.data], [/cannot reach 127\.0\.0\.1/, /certificate/]);
        const trusting = { environment: { SSL_CERT_FILE: certificate } };
        const outcome = await imported(['shop', `rediss://localhost:${tls}`, '--data', server.data], trusting);
        assert.equal(outcome.code, 0, outcome.err);
        const target = await connect(server.redis, await secretOf(server.data, 'shop'));
        assert.deepEqual(await contents(target), await contents(plain));
        await server.stop();
      });
    }),
  );

  await claim('without a server it is copied into the folder', () =>
    withRedis([], async (port) => {
      const source = await connect(port);
      await fill(source);
      await inFolder(async (data) => {
        await (await startServer({ data })).stop();
        const { code, out, err } = await run(['db', 'import', 'shop', `redis://127.0.0.1:${port}`, '--data', data]);
        assert.equal(code, 0, err);
        assert.match(out, /^database 'shop' is created\n\d+ keys were copied in [\d.]+ s\n/);
        const server = await startServer({ data });
        const target = await connect(server.redis, await secretOf(data, 'shop'));
        assert.deepEqual(await contents(target), await contents(source));
        await server.stop();
      });
    }),
  );

  await claim('keys that are there are refused, kept or replaced, as asked', () =>
    withRedis([], async (port) => {
      const source = await connect(port);
      for (let i = 0; i < 5000; ++i) source.command('SET', `key:${i}`, 'theirs');
      for (let i = 0; i < 5000; ++i) await source.reply();
      const server = await startServer();
      const words = ['shop', `redis://127.0.0.1:${port}`, '--data', server.data];
      await run(['db', 'create', 'shop', '--data', server.data]);
      const target = await connect(server.redis, await secretOf(server.data, 'shop'));
      await target.asked('MSET', 'key:7', 'ours', 'other', 'ours');
      await refuses(['db', 'import', ...words], [/2 keys/, /--merge/, /--replace/]);
      assert.equal(await target.asked('DBSIZE'), ':2');

      const merged = await imported([...words, '--merge']);
      assert.deepEqual([merged.code, merged.copied, merged.kept], [0, 4999, 1]);
      assert.deepEqual(await target.asked('MGET', 'key:7', 'key:8', 'other'), ['ours', 'theirs', 'ours']);
      const replaced = await imported([...words, '--replace']);
      assert.deepEqual([replaced.code, replaced.copied, replaced.kept], [0, 5000, 0]);
      assert.deepEqual(await target.asked('MGET', 'key:7', 'other'), ['theirs', 'ours']);
      assert.equal(await target.asked('DBSIZE'), ':5001');
      await server.stop();
    }),
  );

  await claim('a copy that is cut off says how far it came, and goes on where it stopped', () =>
    withRedis([], async (port) => {
      const source = await connect(port);
      for (let i = 0; i < 3000; ++i) source.command('SET', `key:${i}`, randomBytes(200));
      for (let i = 0; i < 3000; ++i) await source.reply();
      const server = await startServer();
      await cutAfter(300_000, port, async (way) => {
        const cut = await imported(['shop', `redis://127.0.0.1:${way}`, '--data', server.data]);
        assert.equal(cut.code, 1);
        assert.ok(cut.copied > 0 && cut.copied < 3000, `${cut.copied}`);
        assert.match(cut.err, /connection has ended; --merge goes on/);
        const target = await connect(server.redis, await secretOf(server.data, 'shop'));
        assert.equal(await target.asked('DBSIZE'), `:${cut.copied}`);

        const rest = await imported(['shop', `redis://127.0.0.1:${port}`, '--merge', '--data', server.data]);
        assert.deepEqual([rest.code, rest.copied, rest.kept], [0, 3000 - cut.copied, cut.copied]);
        assert.deepEqual(await contents(target), await contents(source));
      });
      await server.stop();
    }),
  );

  await claim('it stops at the limit of the database and says how to go on', () =>
    withRedis([], async (port) => {
      const source = await connect(port);
      for (let i = 0; i < 50; ++i) await source.asked('SET', `key:${i}`, 'x'.repeat(1000));
      const server = await startServer();
      await run(['db', 'create', 'small', '--max-size', '20kb', '--data', server.data]);
      const words = ['small', `redis://127.0.0.1:${port}`, '--data', server.data];
      const full = await imported(words);
      assert.equal(full.code, 1);
      assert.equal(full.done, false);
      assert.ok(full.copied > 0 && full.copied < 50, `${full.copied}`);
      assert.match(full.error, /--max-size/);
      await run(['db', 'limit', 'small', '--max-size', '0', '--data', server.data]);
      const rest = await imported([...words, '--merge']);
      assert.deepEqual([rest.code, rest.copied + rest.kept], [0, 50]);
      await server.stop();
    }),
  );

  await claim('keys that cannot be copied are named, and the others are copied', () =>
    withRedis([], async (port) => {
      const source = await connect(port);
      await source.asked('SET', 'fits', 'x');
      await source.asked('RPUSH', 'does not fit', randomBytes(5000), 'y');
      const server = await startServer();
      await run(['db', 'create', 'narrow', '--max-request', '2kb', '--data', server.data]);
      const { code, out, err } = await run(['db', 'import', 'narrow', `redis://127.0.0.1:${port}`, '--data', server.data]);
      assert.equal(code, 1);
      assert.match(out, /1 keys were copied/);
      assert.match(out, /"does not fit" {2}ERR max request size exceeded/);
      assert.match(err, /^millrace: 1 of 2 keys could not be copied/m);
      const target = await connect(server.redis, await secretOf(server.data, 'narrow'));
      assert.deepEqual(await target.asked('KEYS', '*'), ['fits']);
      await server.stop();
    }),
  );

  await claim('what is wrong with the address is said, and no database is made', () =>
    withRedis(['--requirepass', 'secret-of-theirs'], async (port) => {
      const server = await startServer();
      const nobody = await freePort();
      const attempt = (url, patterns, ...more) => refuses(['db', 'import', 'shop', url, '--data', server.data, ...more], patterns);
      await attempt('localhost', [/no URL/, /redis:\/\//]);
      await attempt('ftp://x', [/ftp/]);
      await attempt('https://one.example', [/--token/]);
      await attempt(`redis://127.0.0.1:${nobody}`, [new RegExp(`cannot reach 127.0.0.1:${nobody}`)]);
      await attempt(`redis://127.0.0.1:${port}`, [/NOAUTH/, /redis:\/\/:PASSWORD@/]);
      const said = await attempt(`redis://:guess-of-ours@127.0.0.1:${port}`, [/WRONGPASS/]);
      assert.doesNotMatch(said, /guess-of-ours/);
      await attempt(`redis://:secret-of-theirs@127.0.0.1:${port}/99`, [/out of range/]);
      await attempt(`rediss://:secret-of-theirs@127.0.0.1:${port}`, [/cannot reach/]);
      await attempt(`${server.url}/redis`, [/401/, /token/], '--token', 'wrong');
      await attempt(server.url, [/answered 40\d/], '--token', 'wrong');
      await attempt(`redis://127.0.0.1:${server.http}`, [/does not speak the Redis protocol|connection has ended/]);
      const { out } = await run(['db', 'list', '--data', server.data]);
      assert.doesNotMatch(out, /shop/);
      await server.stop();
    }),
  );
}
