// millrace topic: topics and their records, with a server and without one.
import assert from 'node:assert/strict';
import { writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startServer } from '../clients/server.mjs';
import { inFolder, refuses, run, spawnProgram } from './program.mjs';

async function topic(...line) {
  const { code, out, err } = await run(['topic', ...line]);
  assert.equal(code, 0, err);
  return out;
}
const lines = (out) => out.split('\n').filter((line) => line !== '');
const records = async (...line) => lines(await topic('read', ...line, '--json')).map((line) => JSON.parse(line));

export default async function play(claim) {
  await claim('a topic is created, changed, shown and deleted', async () => {
    const server = await startServer();
    const data = ['--data', server.data];
    await topic('create', 'orders', '--partitions', '2', '--retention', '7d', '--retention-size', '1gb', ...data);
    await topic('alter', 'orders', '--partitions', '3', '--retention', 'unlimited', '--cleanup', 'compact', ...data);
    const shown = JSON.parse(await topic('show', 'orders', '--json', ...data));
    const text = await topic('show', 'orders', ...data);
    await refuses(['topic', 'create', 'orders', ...data], [/'orders'/]);
    await refuses(['topic', 'alter', 'orders', '--partitions', '1', ...data], [/partitions/]);
    await refuses(['topic', 'create', 'other', '--retention', '7 days', ...data], [/7 days/]);
    const deleted = await topic('delete', 'orders', ...data);
    await refuses(['topic', 'show', 'orders', ...data], [/'orders'/]);
    await server.stop();

    assert.equal(shown.partitions, 3);
    assert.deepEqual([shown.cleanup, shown.retention_ms, shown.retention_bytes], ['compact', null, 2 ** 30]);
    assert.equal(shown.status.length, 3);
    assert.match(text, /retention +unlimited\n/);
    assert.match(deleted, /deleted/);
  });

  await claim('the topic of an app is deleted only when told so', async () => {
    const server = await startServer();
    const [{ name }] = JSON.parse(await topic('list', '--json', '--data', server.data)).topics;
    await refuses(['topic', 'delete', name, '--data', server.data], [/in use/]);
    await topic('delete', name, '--in-use', '--data', server.data);
    await server.stop();
  });

  await claim('records are written and read, from an offset, a time or of a key', async () => {
    const server = await startServer();
    const data = ['--data', server.data];
    await topic('create', 'orders', ...data);
    for (const [key, value] of [['1', 'a'], ['2', 'b'], ['1', 'c "d" é']]) {
      await topic('write', 'orders', value, '--key', key, '--header', 'trace=7f', ...data);
    }
    const all = await records('orders', ...data);
    const values = async (...line) => (await records('orders', ...line, ...data)).map(({ value }) => value);
    assert.deepEqual(all.map(({ offset, key }) => [offset, key]), [[0, '1'], [1, '2'], [2, '1']]);
    assert.deepEqual(all[0].headers, [['trace', '7f']]);
    assert.deepEqual(await values('--from', '1'), ['b', 'c "d" é']);
    assert.deepEqual(await values('--from', new Date(all[2].timestamp).toISOString()), ['c "d" é']);
    assert.deepEqual(await values('--from', 'latest'), []);
    assert.deepEqual(await values('--limit', '1'), ['a']);
    assert.deepEqual(await values('--key', '1'), ['a', 'c "d" é']);
    await refuses(['topic', 'read', 'orders', '--from', 'yesterday', ...data], [/yesterday/]);
    await server.stop();
  });

  await claim('a reader that follows prints records as they come', async () => {
    const server = await startServer();
    const data = ['--data', server.data];
    await topic('create', 'orders', ...data);
    await topic('write', 'orders', 'before', ...data);
    const reader = spawnProgram(['topic', 'read', 'orders', '--follow', ...data]);
    const printed = (text) =>
      new Promise((done) => {
        const look = () => reader.texts.out.includes(text) && done();
        reader.child.stdout.on('data', look);
        look();
      });
    await printed('before');
    await topic('write', 'orders', 'after', ...data);
    await printed('after');
    reader.child.kill('SIGKILL');
    await server.stop();
  });

  await claim('a group is shown with how far it is behind, and forgotten when nobody needs it', async () => {
    const server = await startServer();
    const data = ['--data', server.data];
    const group = async (...line) => {
      const { code, out, err } = await run(['group', ...line, ...data]);
      assert.equal(code, 0, err);
      return out;
    };
    await topic('create', 'orders', ...data);
    for (const value of ['a', 'b', 'c']) await topic('write', 'orders', value, ...data);
    const values = (await run(['env', ...data])).out.match(/^UPSTASH_KAFKA_REST_(USERNAME|PASSWORD)=.+$/gm).sort();
    const [password, username] = values.map((line) => line.slice(line.indexOf('=') + 1));
    const answer = await fetch(`${server.url}/kafka/commit/billing/worker`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
      body: JSON.stringify({ topic: 'orders', partition: 0, offset: 1 }),
    });
    const listed = JSON.parse(await group('list', '--json'));
    const shown = await group('show', 'billing');
    await group('delete', 'billing');
    const left = JSON.parse(await group('list', '--json'));
    await refuses(['group', 'show', 'billing', ...data], [/'billing'/]);
    await server.stop();

    assert.equal(answer.status, 200);
    assert.deepEqual(listed.groups, [{ name: 'billing', instances: 0, partitions: 1, lag: 2 }]);
    assert.match(shown, /orders +0 +1 +3 +2/);
    assert.deepEqual(left.groups, []);
  });

  await claim('what is exported can be imported, with a server and without one', () =>
    inFolder(async (data) => {
      const server = await startServer({ data });
      await topic('create', 'from', '--partitions', '2', '--data', data);
      const file = join(data, 'lines');
      const made = Array.from({ length: 2500 }, (_, i) =>
        JSON.stringify({ partition: i % 2, timestamp: 1000 + i, key: `k${i % 14}`, value: i % 5 ? `v${i}` : undefined }));
      made.push(JSON.stringify({ partition: 0, timestamp: 5000, value_base64url: '__4' }));
      await writeFile(file, made.join('\n'));
      await topic('import', 'from', file, '--data', data);
      await topic('export', 'from', `${file}.1`, '--data', data);
      await server.stop();

      await topic('create', 'to', '--partitions', '2', '--data', data);
      await topic('import', 'to', `${file}.1`, '--data', data);
      await topic('export', 'to', `${file}.2`, '--data', data);
      const [first, second] = await Promise.all([readFile(`${file}.1`, 'utf8'), readFile(`${file}.2`, 'utf8')]);
      assert.equal(lines(first).length, 2501);
      assert.equal(first, second);

      await writeFile(file, '{"value":"a"}\nno record\n');
      const { code, err } = await run(['topic', 'import', 'to', file, '--data', data]);
      assert.equal(code, 1);
      assert.match(err, /at line 2; 0 records were imported before/);
      assert.equal(JSON.parse(await topic('show', 'to', '--json', '--data', data)).status[0].next, 1251);
    }),
  );
}
