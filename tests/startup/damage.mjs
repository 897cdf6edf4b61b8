// Damaged data folders: refused with one line, and left as they are. What was never synced may be cut off.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, open, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startServer } from '../clients/server.mjs';
import { createTask, freePort, inFolder, listTexts, refuses } from './program.mjs';

const texts = Array.from({ length: 40 }, (_, number) => `task ${number} ${'x'.repeat(100)}`);

// A copy of a folder with 40 tasks. `ended` is 'killed' (they are in the log) or 'stopped' (they are in a table).
async function makeFolder(ended) {
  const data = await mkdtemp(join(tmpdir(), 'millrace-damage-'));
  const server = await startServer({ data, options: ['--quiet'] });
  for (const text of texts) await createTask(server, text);
  if (ended === 'killed') await server.kill();
  else await server.stop();
  return data;
}

// The names and bytes of all files, but for LOCK, which names who looked last, and the database's own diary.
async function fingerprint(folder) {
  const lines = [];
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    if (name === 'LOCK' || name.startsWith('rocksdb/LOG')) continue;
    const path = join(folder, name);
    if ((await stat(path)).isDirectory()) continue;
    lines.push(`${name} ${createHash('sha256').update(await readFile(path)).digest('hex')}`);
  }
  return lines.join('\n');
}

// The one file of the database with this ending (the largest of several).
async function find(data, pattern) {
  const database = join(data, 'rocksdb');
  const paths = (await readdir(database)).filter((name) => pattern.test(name)).map((name) => join(database, name));
  const files = await Promise.all(paths.map(async (path) => ({ path, size: (await stat(path)).size })));
  assert.ok(files.length > 0, `no file like ${pattern}`);
  return files.sort((a, b) => b.size - a.size)[0];
}

async function flip(path, at) {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] ^= 0x10;
  await file.write(byte, 0, 1, at);
  await file.close();
}

const inDatabase = {
  log: /^\d+\.log$/,
  table: /^\d+\.sst$/,
  manifest: /^MANIFEST-/,
  current: /^CURRENT$/,
};

const flipMiddle = (pattern) => async (data) => {
  const { path, size } = await find(data, pattern);
  await flip(path, Math.floor(size / 2));
};
const cutInHalf = (pattern) => async (data) => {
  const { path, size } = await find(data, pattern);
  await truncate(path, Math.floor(size / 2));
};
const remove = (pattern) => async (data) => rm((await find(data, pattern)).path);
const overwrite = (pattern, text) => async (data) => writeFile((await find(data, pattern)).path, text);
const overwriteFile = (name, text) => (data) => writeFile(join(data, name), text);

const damages = [
  ['a newer FORMAT', 'stopped', overwriteFile('FORMAT', 'millrace data 99\n'), [/newer/, /99/]],
  ['a FORMAT of something else', 'stopped', overwriteFile('FORMAT', 'PG_VERSION 16\n')],
  ['an empty FORMAT', 'stopped', overwriteFile('FORMAT', '')],
  ['no FORMAT', 'stopped', (data) => rm(join(data, 'FORMAT')), [/FORMAT is missing/]],
  ['no SYNCED', 'killed', (data) => rm(join(data, 'SYNCED')), [/SYNCED/]],
  ['a SYNCED of zeros', 'killed', overwriteFile('SYNCED', Buffer.alloc(528)), [/SYNCED/]],
  ['no CURRENT', 'stopped', remove(inDatabase.current), [/CURRENT/]],
  ['a CURRENT of something else', 'stopped', overwrite(inDatabase.current, 'MANIFEST-999999\n')],
  ['an empty CURRENT', 'stopped', overwrite(inDatabase.current, '')],
  ['no MANIFEST', 'stopped', remove(inDatabase.manifest)],
  ['half a MANIFEST', 'stopped', cutInHalf(inDatabase.manifest)],
  ['a flipped bit in the MANIFEST', 'stopped', flipMiddle(inDatabase.manifest)],
  ['a MANIFEST of something else', 'stopped', overwrite(inDatabase.manifest, 'x'.repeat(500))],
  ['a flipped bit in the log', 'killed', flipMiddle(inDatabase.log)],
  ['half a log', 'killed', cutInHalf(inDatabase.log)],
  ['an empty log', 'killed', overwrite(inDatabase.log, '')],
  ['no log', 'killed', remove(inDatabase.log)],
  ['a flipped bit in a table', 'stopped', flipMiddle(inDatabase.table)],
  ['half a table', 'stopped', cutInHalf(inDatabase.table)],
  ['an empty table', 'stopped', overwrite(inDatabase.table, '')],
  ['no table', 'stopped', remove(inDatabase.table)],
];

async function readsWell(data) {
  const server = await startServer({ data, options: ['--quiet'] });
  assert.deepEqual(await listTexts(server), texts);
  await server.stop();
}

// Some writes that are handed to the system and not synced: the end of the log may be cut off by a power loss.
async function makeUnsynced(data) {
  const server = await startServer({ data, options: ['--quiet', '--durability', 'os'] });
  for (const text of ['one', 'two', 'three']) await createTask(server, text);
  await server.kill();
  return find(data, inDatabase.log);
}

export default async function play(claim) {
  const whole = { killed: await makeFolder('killed'), stopped: await makeFolder('stopped') };

  for (const [what, ended, damage, patterns = [/damaged/, /backup/]] of damages) {
    await claim(`${what} is refused and nothing is changed`, () =>
      inFolder(async (folder) => {
        const data = join(folder, 'data');
        await cp(whole[ended], data, { recursive: true });
        await damage(data);
        const before = await fingerprint(data);
        await refuses(['dev', '--data', data, '--http', `127.0.0.1:${await freePort()}`], [/data folder/, ...patterns]);
        const after = await fingerprint(data);
        await refuses(['rebuild', '--data', data], [/data folder/, ...patterns]);

        assert.equal(after, before);
        assert.equal(await fingerprint(data), before);
      }),
    );
  }

  await claim('the same folders without damage are read', async () => {
    await readsWell(whole.stopped);
    await readsWell(whole.killed);
  });

  await claim('a torn end that was never synced is cut off, and the rest is there', () =>
    inFolder(async (data) => {
      const { path, size } = await makeUnsynced(data);
      await truncate(path, size - 3);
      const server = await startServer({ data });
      const found = await listTexts(server);
      await createTask(server, 'four');
      const then = await listTexts(server);
      await server.stop();

      assert.deepEqual(found, ['one', 'two']);
      assert.deepEqual(then, ['one', 'two', 'four']);
    }),
  );

  await claim('a garbled end that was never synced is cut off, and the rest is there', () =>
    inFolder(async (data) => {
      const { path, size } = await makeUnsynced(data);
      await flip(path, size - 10);
      const server = await startServer({ data });
      const found = await listTexts(server);
      await server.stop();

      assert.deepEqual(found, ['one', 'two']);
    }),
  );

  for (const data of Object.values(whole)) await rm(data, { recursive: true });
}
