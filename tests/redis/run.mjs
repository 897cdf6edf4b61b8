// Plays the files beside this one against one server, which must stop well afterwards.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { claims } from '../claims.mjs';
import { startServer } from '../clients/server.mjs';
import { Client } from './client.mjs';

const parts = ['protocol', 'identity', 'transactions', 'pubsub', 'blocking', 'connections', 'limits', 'ending'];
const secret = 'a-secret-for-these-claims';
const { claim, close } = claims();

const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: secret } });
const kept = JSON.parse(await readFile(join(server.data, 'credentials.json'), 'utf8'));
const open = [];

const given = {
  server,
  secret,
  readOnlySecret: kept.database_read_only_secret,
  // A connection as it is at first.
  async stranger() {
    const client = await Client.open(server.redis);
    open.push(client);
    return client;
  },
  // One that has said who it is; `version` 3 speaks RESP3.
  async client(version = 2) {
    const client = await given.stranger();
    await client.ask(['AUTH', secret], '+OK\r\n');
    if (version === 3) {
      client.command('HELLO', '3');
      await client.reply();
    }
    return client;
  },
};

for (const part of parts) {
  if (process.argv.length > 2 && !process.argv.slice(2).some((word) => part.includes(word))) continue;
  const { default: play } = await import(`./${part}.mjs`);
  await play(async (text, check) => {
    await claim(`${part}: ${text}`, check);
    for (const client of open.splice(0)) client.close();
  }, given);
}
await claim('the server has lived through it and stops', () => server.stop());
close();
