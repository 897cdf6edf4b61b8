// Addresses that are taken and folders that cannot be used.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { startServer } from '../clients/server.mjs';
import { createTask, freePort, inFolder, launch, listTexts, refuses } from './program.mjs';

const nobody = 65534; // the user without rights

export default async function play(claim) {
  await claim('a taken port is named, with the option for another', () =>
    inFolder(async (folder) => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      const { port } = holder.address();
      const taken = `127.0.0.1:${port}`;
      const http = ['--http', `127.0.0.1:${await freePort()}`];
      await refuses(['dev', '--data', folder, '--http', taken], [new RegExp(String(port)), /--http/]);
      await refuses(['dev', '--data', folder, ...http, '--redis', taken], [new RegExp(String(port)), /--redis/]);
      holder.close();

      const server = await launch(['dev', '--data', folder, '--http', `127.0.0.1:${port}`], port);
      await server.stop();
    }),
  );

  await claim('an address that is none is refused', () =>
    inFolder(async (folder) => {
      for (const address of ['nowhere', '127.0.0.1:99999', '127.0.0.1:-1', '127.0.0.1:', '127.0.0.1:80x']) {
        await refuses(['dev', '--data', folder, '--http', address], [/--http/]);
      }
      await refuses(['dev', '--data', folder, '--http', '127.0.0.999:8080'], [/127\.0\.0\.999/]);
    }),
  );

  await claim('a second process on the same data is refused, and the first goes on', async () => {
    const server = await startServer();
    await createTask(server, 'x');
    const port = await freePort();
    await refuses(
      ['dev', '--data', server.data, '--http', `127.0.0.1:${port}`],
      [/in use/, new RegExp(String(server.pid))],
    );
    assert.deepEqual(await listTexts(server), ['x']);
    await server.stop();
  });

  await claim('a file in place of the data folder is refused and kept', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'file');
      await writeFile(file, 'precious');
      for (const data of [file, join(file, 'below')]) {
        await refuses(['dev', '--data', data, '--http', `127.0.0.1:${await freePort()}`], [/cannot be used/, /choose/]);
      }
      assert.equal((await stat(file)).size, 8);
    }),
  );

  await claim('a folder where nothing can be written is refused', async () => {
    await refuses(['dev', '--data', '/proc/millrace', '--http', `127.0.0.1:${await freePort()}`], [
      /\/proc\/millrace/,
      /cannot be used/,
      /choose/,
    ]);
  });

  await claim("a folder of somebody else's is refused", () =>
    inFolder(async (folder) => {
      if (process.getuid() !== 0) return console.log('   skipped: only root can become another user');
      await chmod(folder, 0o755);
      const data = join(folder, 'data');
      await mkdir(data, { mode: 0o755 });
      const words = ['dev', '--data', data, '--http', `127.0.0.1:${await freePort()}`];
      try {
        await refuses(words, [/cannot be used/, /[Pp]ermission denied/, /choose/], { uid: nobody, cwd: '/' });
      } catch (error) {
        if (error.code !== 'EACCES') throw error;
        console.log('   skipped: the program lies where other users cannot run it');
      }
    }),
  );

  await claim('a folder is made with those above it, for its user only', () =>
    inFolder(async (folder) => {
      const data = join(folder, 'one/two/three');
      const port = await freePort();
      const server = await launch(['dev', '--data', data, '--http', `127.0.0.1:${port}`], port);
      await server.stop();
      assert.equal((await stat(data)).mode & 0o777, 0o700);
    }),
  );

  await claim('without --data the folder is .millrace where one stands', () =>
    inFolder(async (folder) => {
      const port = await freePort();
      const server = await launch(['dev', '--port', String(port)], port, { cwd: folder });
      await server.stop();
      assert.ok((await stat(join(folder, '.millrace'))).isDirectory());
    }),
  );
}
