// Talks to one server over delivery's HTTP door, with a receiver for what it sends. Arguments: parts of the names of the
// files to run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { claims } from '../claims.mjs';
import { program, startServer } from '../clients/server.mjs';
import batch from './batch.mjs';
import callbacks from './callbacks.mjs';
import commands from './commands.mjs';
import deadLetters from './dead_letters.mjs';
import { Door } from './door.mjs';
import flowControl from './flow_control.mjs';
import groups from './groups.mjs';
import hostile from './hostile.mjs';
import messages from './messages.mjs';
import policy from './policy.mjs';
import publish from './publish.mjs';
import queues from './queues.mjs';
import { startReceiver } from './receiver.mjs';
import refusals from './refusals.mjs';
import restart from './restart.mjs';
import schedules, { tick } from './schedules.mjs';
import signatures from './signatures.mjs';
import version1 from './version1.mjs';

const { claim, close } = claims();
const wanted = process.argv.slice(2);

const server = await startServer({ options: ['--quiet'] });
const receiver = await startReceiver();
const told = JSON.parse((await promisify(execFile)(program, ['env', '--data', server.data, '--json'])).stdout);
const door = new Door(server.url, told.QSTASH_TOKEN);
const readOnly = new Door(server.url, told.QSTASH_READ_ONLY_TOKEN);

await claim('dev has the credentials that the development mode of the SDK expects', async () => {
  assert.equal(told.QSTASH_URL, server.url);
  assert.equal(told.QSTASH_TOKEN, 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=');
  const keys = { current: 'sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r', next: 'sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs' };
  assert.deepEqual([told.QSTASH_CURRENT_SIGNING_KEY, told.QSTASH_NEXT_SIGNING_KEY], Object.values(keys));
  assert.deepEqual(await door.ok('GET', '/v2/keys'), keys);
});

const minute = wanted.length === 0 ? tick(told.QSTASH_TOKEN) : Promise.resolve();
minute.catch(() => undefined);

for (const part of [
  publish,
  batch,
  groups,
  queues,
  messages,
  deadLetters,
  callbacks,
  flowControl,
  signatures,
  version1,
  refusals,
  hostile,
  commands,
]) {
  if (wanted.length > 0 && !wanted.some((name) => part.name.includes(name))) continue;
  receiver.forget();
  await part((text, check) => claim(`${part.name}: ${text}`, check), { door, readOnly, receiver, server });
}
await claim('schedules: one fires with the minute', () => minute);
if (wanted.length === 0 || wanted.includes('schedules')) {
  receiver.forget();
  await schedules((text, check) => claim(`schedules: ${text}`, check), { door, receiver });
}
await claim('the server still serves, and stops well', async () => {
  assert.equal((await fetch(`${server.url}/health`)).status, 200);
  await server.stop();
});
for (const part of [policy, restart]) {
  if (wanted.length > 0 && !wanted.some((name) => part.name.includes(name))) continue;
  await part((text, check) => claim(`${part.name}: ${text}`, check));
}
await receiver.close();
close();
