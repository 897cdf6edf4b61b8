// The sub-commands that end by themselves, and exit codes.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { root, startServer } from '../clients/server.mjs';
import { createTask, inFolder, listTexts, refuses, run } from './program.mjs';

const tasks = join(root, 'apps/tasks.graphql');

export default async function play(claim) {
  await claim('--help names every sub-command and ends with 0', async () => {
    const { code, out } = await run(['--help']);
    assert.equal(code, 0);
    for (const command of ['dev', 'serve', 'env', 'db', 'credential', 'check', 'explain', 'rebuild']) {
      assert.match(out, new RegExp(`^ +${command} `, 'm'));
      const { code, out: help } = await run([command, '--help']);
      assert.equal(code, 0);
      assert.match(help, /--help/);
    }
  });

  await claim('dev --help tells options and their environment variables', async () => {
    const { out } = await run(['dev', '--help']);
    assert.match(out, /--data DIR/);
    assert.match(out, /MILLRACE_HTTP/);
    assert.match(out, /--redis/);
    assert.doesNotMatch(out, /hold-unsynced/);
  });

  await claim('--version is one line', async () => {
    const { code, out } = await run(['--version']);
    assert.equal(code, 0);
    assert.match(out, /^millrace \d+\.\d+\.\d+\S*\n$/);
  });

  await claim('a command line that means nothing ends with 2 and says why', async () => {
    const lines = ['', 'nothing', 'dev --nothing', 'check', 'serve', 'env x', 'dev --http'];
    for (const words of lines.map((line) => line.split(' ').filter(Boolean))) {
      const { code, err } = await run(words);
      assert.equal(code, 2, `${words}: ${err}`);
      assert.notEqual(err.trim(), '', `${words} ended without a word`);
    }
  });

  await claim('check says that a good file is good', async () => {
    const { code, out } = await run(['check', tasks]);
    assert.equal(code, 0);
    assert.match(out, /is fine/);
    assert.equal((await run(['check', tasks, '--json'])).out, '[]\n');
  });

  await claim('explain prints a file that means the same', () =>
    inFolder(async (folder) => {
      const first = await run(['explain', tasks]);
      assert.equal(first.code, 0);
      assert.match(first.out, /createTask/);
      const file = join(folder, 'tasks.graphql');
      await writeFile(file, first.out);
      const second = await run(['explain', file]);
      assert.equal(second.code, 0, second.err);

      assert.equal(second.out, first.out);
    }),
  );

  await claim('env and rebuild before the first start say what to do', () =>
    inFolder(async (folder) => {
      await refuses(['env', '--data', join(folder, 'none')], [/none/, /millrace dev/, /--data/]);
    }),
  );

  await claim('env tells where the server is and what it signs with', async () => {
    const server = await startServer();
    const { code, out } = await run(['env', '--data', server.data]);
    const json = JSON.parse((await run(['env', '--data', server.data, '--json'])).out);
    assert.equal(code, 0);
    const values = Object.fromEntries(out.trim().split('\n').map((line) => /^([A-Z_]+)=(.+)$/.exec(line).slice(1)));
    await server.stop();

    assert.deepEqual(values, json);
    assert.equal(values.GRAPHQL_URL, `${server.url}/graphql`);
    assert.equal(values.REDIS_URL, `redis://default:${values.UPSTASH_REDIS_REST_TOKEN}@127.0.0.1:${server.redis}`);
    assert.equal(values.UPSTASH_REDIS_REST_URL, `${server.url}/redis`);
    assert.match(values.UPSTASH_REDIS_REST_TOKEN, /^[A-Za-z0-9]{40}$/);
    assert.match(values.QSTASH_CURRENT_SIGNING_KEY, /^sig_/);
    assert.match(values.QSTASH_NEXT_SIGNING_KEY, /^sig_/);
  });

  await claim('rebuild works beside a server and without one', () =>
    inFolder(async (data) => {
      const server = await startServer({ data });
      for (const text of ['a', 'b', 'c']) await createTask(server, text);
      const beside = await run(['rebuild', '--data', data]);
      assert.deepEqual(await listTexts(server), ['a', 'b', 'c']);
      await server.stop();
      const alone = await run(['rebuild', '--data', data]);
      const again = await startServer({ data });
      const texts = await listTexts(again);
      await again.stop();

      assert.equal(beside.code, 0, beside.err);
      assert.match(beside.out, /rebuilt from 3 events/);
      assert.equal(alone.code, 0, alone.err);
      assert.match(alone.out, /rebuilt from 3 events/);
      assert.deepEqual(texts, ['a', 'b', 'c']);
    }),
  );

  await claim('each mutation is told in steps, and with --quiet it is not', async () => {
    const server = await startServer();
    const id = await createTask(server, 'x');
    await server.stop();
    const steps = server.output();
    const quiet = await startServer({ options: ['--quiet'] });
    const quietId = await createTask(quiet, 'x');
    await quiet.stop();

    assert.match(steps, /event create-task saved .*offset 1\n/);
    assert.match(steps, new RegExp(`task ${id} created`));
    assert.match(steps, /offset now 2/);
    assert.doesNotMatch(quiet.output(), new RegExp(quietId));
  });

  await claim('the built-in app is apps/tasks.graphql', async () => {
    const server = await startServer();
    const builtIn = await (await fetch(`${server.url}/graphql/schema.graphql`)).text();
    await server.stop();
    const named = await startServer({ files: [tasks] });
    const fromFile = await (await fetch(`${named.url}/graphql/schema.graphql`)).text();
    await named.stop();

    assert.equal(builtIn, fromFile);
    assert.match(await readFile(tasks, 'utf8'), /createTask\(text: String!\): Task @event/);
  });
}
