// Talks to one server over its REST door. Arguments: parts of the names of the files to run.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { claims } from '../claims.mjs';
import { startServer } from '../clients/server.mjs';
import access from './access.mjs';
import batches from './batches.mjs';
import bodies from './bodies.mjs';
import { Door } from './door.mjs';
import encodings from './encodings.mjs';
import headers from './headers.mjs';
import paths from './paths.mjs';
import quirks from './quirks.mjs';
import refusals from './refusals.mjs';
import shapes from './shapes.mjs';
import streams from './streams.mjs';

const { claim, close } = claims();
const wanted = process.argv.slice(2);

const server = await startServer({ options: ['--quiet'] });
const credentials = JSON.parse(await readFile(join(server.data, 'credentials.json'), 'utf8'));
const door = new Door(server.http, credentials.database_secret);
const readOnly = new Door(server.http, credentials.database_read_only_secret);

for (const part of [
  paths,
  bodies,
  access,
  batches,
  encodings,
  headers,
  refusals,
  shapes,
  quirks,
  streams,
]) {
  if (wanted.length > 0 && !wanted.some((name) => part.name.includes(name))) continue;
  const told = (text, check) => claim(`${part.name}: ${text}`, check);
  await door.command('FLUSHALL');
  await part(told, { door, readOnly, server });
}
await claim('the server still serves, and stops well', async () => {
  await door.says(['PING'], 'PONG');
  await server.stop();
});
close();
