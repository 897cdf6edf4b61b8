// The secrets beside the data: made once, kept, and for their user's eyes only.
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startServer } from '../clients/server.mjs';
import { inFolder, freePort, refuses } from './program.mjs';

const read = async (data) => JSON.parse(await readFile(join(data, 'credentials.json'), 'utf8'));

async function startAndStop(data, environment) {
  const server = await startServer({ data, environment });
  await server.stop();
}

export default async function play(claim) {
  await claim('they are made at the first start, readable by their user only, and stay', () =>
    inFolder(async (data) => {
      await startAndStop(data);
      const first = await read(data);
      const { mode } = await stat(join(data, 'credentials.json'));
      await startAndStop(data);

      assert.equal(mode & 0o777, 0o600);
      assert.deepEqual(await read(data), first);
      assert.ok(first.database_secret.length >= 32);
    }),
  );

  await claim('they differ from folder to folder', () =>
    inFolder((one) =>
      inFolder(async (two) => {
        await startAndStop(one);
        await startAndStop(two);
        const [first, second] = [await read(one), await read(two)];
        for (const name of ['database_secret', 'kafka_password', 'admin_secret']) {
          assert.notEqual(first[name], second[name]);
        }
      }),
    ),
  );

  await claim("MILLRACE_TOKEN takes the place of the default database's secret, and of no other", () =>
    inFolder(async (data) => {
      const token = 'a token of my own choice';
      await startAndStop(data);
      const before = await read(data);
      await startAndStop(data, { MILLRACE_TOKEN: token });

      assert.deepEqual(await read(data), { ...before, database_secret: token });
    }),
  );

  await claim('a damaged file is refused and kept', () =>
    inFolder(async (data) => {
      await startAndStop(data);
      const file = join(data, 'credentials.json');
      const words = ['dev', '--data', data, '--http', `127.0.0.1:${await freePort()}`];
      for (const text of ['', '{', '{}', 'null', '[1]', '\u0000', '{"database_secret": 7}']) {
        await writeFile(file, text);
        await refuses(words, [/credentials\.json/, /damaged/]);
        assert.equal(await readFile(file, 'utf8'), text);
      }
    }),
  );
}
