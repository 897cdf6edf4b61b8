// millrace db: databases beside the default one, their secrets and limits, with a server and without one.
import assert from 'node:assert/strict';

import { startServer } from '../clients/server.mjs';
import { inFolder, refuses, run } from './program.mjs';

const words = (out) => Object.fromEntries(out.trim().split('\n').map((line) => /^([A-Z_]+)=(.+)$/.exec(line).slice(1)));

async function json(...line) {
  const { code, out, err } = await run(['db', ...line, '--json']);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

async function command(server, token, ...command) {
  const answer = await fetch(`${server.url}/redis`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(command),
  });
  return { status: answer.status, ...(await answer.json()) };
}

export default async function play(claim) {
  await claim('a database is reached by its own secret only, and shares no keys', async () => {
    const server = await startServer();
    const [one, two] = [await json('create', 'one', '--data', server.data), await json('create', 'two', '--data', server.data)];
    await command(server, one.secret, 'SET', 'key', 'of one');
    const seen = [await command(server, two.secret, 'GET', 'key'), await command(server, one.secret, 'GET', 'key')];
    const refused = await command(server, one.read_only_secret, 'SET', 'key', 'x');
    const read = await command(server, one.read_only_secret, 'GET', 'key');
    await server.stop();

    assert.deepEqual(seen.map((answer) => answer.result), [null, 'of one']);
    assert.match(refused.error, /^NOPERM/);
    assert.equal(read.result, 'of one');
  });

  await claim('env --db prints the lines of one database', async () => {
    const server = await startServer();
    const made = await json('create', 'shop', '--data', server.data);
    const { out } = await run(['env', '--db', 'shop', '--data', server.data]);
    await refuses(['env', '--db', 'nosuch', '--data', server.data], [/nosuch/]);
    await server.stop();

    const values = words(out);
    assert.equal(values.UPSTASH_REDIS_REST_TOKEN, made.secret);
    assert.equal(values.UPSTASH_REDIS_REST_URL, `${server.url}/redis`);
    assert.match(values.REDIS_URL, new RegExp(`^redis://default:${made.secret}@`));
  });

  await claim('what was done without a server is there when one starts, and the other way round', () =>
    inFolder(async (data) => {
      await (await startServer({ data })).stop();
      const made = await json('create', 'alone', '--data', data);
      const server = await startServer({ data });
      await command(server, made.secret, 'SET', 'key', 'kept');
      await json('rename', 'alone', 'renamed', '--data', data);
      await server.stop();
      const { databases } = await json('list', '--data', data);
      assert.deepEqual(databases.map(({ name, keys }) => [name, keys]), [['default', 0], ['renamed', 1]]);
      const again = await startServer({ data });
      assert.equal((await command(again, made.secret, 'GET', 'key')).result, 'kept');
      await again.stop();
    }),
  );

  await claim('new secrets replace the old ones at once, also those of the default database', async () => {
    const server = await startServer();
    const [first, { UPSTASH_REDIS_REST_TOKEN: token }] = [
      await json('create', 'shop', '--data', server.data),
      words((await run(['env', '--data', server.data])).out),
    ];
    const next = await json('reset-password', 'shop', '--data', server.data);
    const other = await json('reset-password', 'default', '--data', server.data);
    const statuses = [];
    for (const secret of [first.secret, first.read_only_secret, next.secret, token, other.secret]) {
      statuses.push((await command(server, secret, 'GET', 'key')).status);
    }
    const { UPSTASH_REDIS_REST_TOKEN: printed } = words((await run(['env', '--data', server.data])).out);
    await server.stop();

    assert.deepEqual(statuses, [401, 401, 200, 401, 200]);
    assert.equal(printed, other.secret);
  });

  await claim('a database at its limit refuses to grow, reads and deletes, and goes on when there is room', async () => {
    const server = await startServer();
    const { secret } = await json('create', 'small', '--max-size', '2kb', '--max-request', '3kb', '--data', server.data);
    const run = (...words) => command(server, secret, ...words);
    assert.equal((await run('SET', 'a', 'x'.repeat(2_100))).result, 'OK');
    const full = await run('SET', 'b', '1');
    assert.equal(full.status, 400);
    assert.match(full.error, /^ERR DB capacity quota exceeded. Threshold: 2048 bytes, Usage: 21\d\d bytes/);
    assert.equal((await run('STRLEN', 'a')).result, 2_100);
    assert.match((await run('SET', 'a', 'x'.repeat(4_000))).error, /^ERR max request size exceeded. Limit: 3072 bytes/);
    assert.equal((await run('DEL', 'a')).result, 1);
    assert.equal((await run('SET', 'b', '1')).result, 'OK');
    assert.equal((await json('limit', 'small', '--max-size', '0', '--data', server.data)).bytes_max, 0);
    await server.stop();
  });

  await claim('a deleted database is gone with its keys and secrets; an app keeps its own', async () => {
    const server = await startServer();
    const { secret } = await json('create', 'shop', '--data', server.data);
    await command(server, secret, 'SET', 'key', 'x');
    await json('delete', 'shop', '--data', server.data);
    assert.equal((await command(server, secret, 'GET', 'key')).status, 401);
    const again = await json('create', 'shop', '--data', server.data);
    assert.equal((await command(server, again.secret, 'GET', 'key')).result, null);
    await refuses(['db', 'delete', 'default', '--data', server.data], [/default/, /app/]);
    await refuses(['db', 'create', 'shop', '--data', server.data], [/already/]);
    await refuses(['db', 'create', 'a b', '--data', server.data], [/a b/]);
    await refuses(['db', 'show', 'nosuch', '--data', server.data], [/nosuch/]);
    await refuses(['db', 'create', 'x', '--max-size', 'much', '--data', server.data], [/much/, /500mb/]);
    await server.stop();
  });
}
