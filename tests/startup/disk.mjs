// A full disk: writes are refused, reads go on, and with room again so do writes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { graphql, startServer } from '../clients/server.mjs';
import { createTask, eventually, freePort, inFolder, listTexts, refuses } from './program.mjs';

const size = '112m'; // RocksDB goes on when 64 MiB are free
const create = 'mutation($text: String!) { createTask(text: $text) { id } }';

// Runs `use` with a small disk, or says why not.
async function withDisk(use) {
  await inFolder(async (folder) => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { encoding: 'utf8' });
    if (mounted.status !== 0) {
      console.log(`   skipped: a small disk cannot be mounted here: ${(mounted.stderr ?? '').trim()}`);
      return;
    }
    try {
      await use(folder);
    } finally {
      spawnSync('umount', ['-l', folder]);
    }
  });
}

// Takes all the room there is.
async function fill(path) {
  const file = await open(path, 'a');
  try {
    for (let piece = Buffer.alloc(1 << 20); piece.length > 0; ) {
      try {
        const { bytesWritten } = await file.write(piece);
        if (bytesWritten < piece.length) piece = piece.subarray(0, piece.length >> 1);
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
        piece = piece.subarray(0, piece.length >> 1);
      }
    }
  } finally {
    await file.close();
  }
}

// Creates until it is refused; gives the texts that were acknowledged.
async function createUntilRefused(server, texts) {
  const large = 'x'.repeat(20_000);
  return eventually(async () => {
    const text = `${texts.length} ${large}`;
    const { body } = await graphql(server, create, { text });
    if (!body.errors) return void texts.push(text);
    return body;
  }, 'a refusal');
}

const isRefused = async (server) => Boolean((await graphql(server, create, { text: 'again' })).body.errors);

export default async function play(claim) {
  await claim('a full disk refuses writes, still reads, and takes writes again when there is room', () =>
    withDisk(async (disk) => {
      const data = join(disk, 'data');
      const server = await startServer({ data, options: ['--quiet'] });
      const texts = ['first'];
      await createTask(server, 'first');
      await fill(join(disk, 'filler'));
      const body = await createUntilRefused(server, texts);
      assert.equal(body.data?.createTask ?? null, null);
      assert.equal(body.errors[0].extensions.code, 'LIMIT_EXCEEDED');
      assert.match(body.errors[0].message, /cannot store anything now/);
      for (let number = 0; number < 20; ++number) {
        assert.ok(await isRefused(server));
        assert.deepEqual(await listTexts(server), texts);
      }
      const health = await fetch(`${server.url}/health`);
      await health.arrayBuffer();
      assert.equal(health.status, 200);
      await eventually(() => /is full: free some space/.test(server.output()), 'the word that the disk is full');

      await rm(join(disk, 'filler'));
      await eventually(async () => !(await isRefused(server)), 'a write to succeed again');
      texts.push('again');
      assert.deepEqual(await listTexts(server), texts);
      await server.kill();

      const next = await startServer({ data, options: ['--quiet'] });
      assert.deepEqual(await listTexts(next), texts);
      await next.stop();
    }),
  );

  await claim('a start on a full disk is refused with a word about space, and loses nothing', () =>
    withDisk(async (disk) => {
      const data = join(disk, 'data');
      const words = ['dev', '--data', data, '--http', `127.0.0.1:${await freePort()}`];
      const texts = [];
      for (const end of ['not begun', 'stop', 'kill', 'kill']) {
        if (end !== 'not begun') {
          const server = await startServer({ data, options: ['--quiet'] });
          assert.deepEqual(await listTexts(server), texts);
          texts.push(`before ${end} ${texts.length}`);
          await createTask(server, texts.at(-1));
          await server[end]();
        }
        await fill(join(disk, 'filler'));
        await refuses(words, [/space/i]);
        await rm(join(disk, 'filler'));
      }
      const server = await startServer({ data, options: ['--quiet'] });
      assert.deepEqual(await listTexts(server), texts);
      await server.stop();
    }),
  );
}
