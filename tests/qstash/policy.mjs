// Outside development: credentials of its own, and no way into the machine's own network.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { program, root, startServer, temporaryFolder } from '../clients/server.mjs';
import { Door } from './door.mjs';
import { startReceiver } from './receiver.mjs';

const run = promisify(execFile);

async function serve(extra = '') {
  const folder = await temporaryFolder();
  const config = join(folder, 'millrace.toml');
  await writeFile(config, `schema = ["${root}/apps/tasks.graphql"]\n${extra}`);
  const data = join(folder, 'data');
  const server = await startServer({ command: 'serve', options: ['--config', config], data });
  const told = JSON.parse((await run(program, ['env', '--data', data, '--json'])).stdout);
  return { server, told, door: new Door(server.url, told.QSTASH_TOKEN) };
}

export default async function policy(claim) {
  const { server, told, door } = await serve();
  const receiver = await startReceiver();

  await claim('serve has credentials of its own, in a private file', async () => {
    const user = JSON.parse(Buffer.from(told.QSTASH_TOKEN, 'base64'));
    assert.deepEqual(Object.keys(user), ['UserID', 'Password']);
    assert.notEqual(user.UserID, 'defaultUser');
    assert.equal(Buffer.from(told.QSTASH_TOKEN, 'base64').toString('base64'), told.QSTASH_TOKEN);
    assert.match(told.QSTASH_CURRENT_SIGNING_KEY, /^sig_\w{28}$/);
    assert.notEqual(told.QSTASH_CURRENT_SIGNING_KEY, 'sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r');
    assert.equal((await stat(join(server.data, 'credentials.json'))).mode & 0o777, 0o600);
    assert.equal((await door.ok('GET', '/v2/keys')).current, told.QSTASH_CURRENT_SIGNING_KEY);
  });

  await claim('addresses of the own machine and network are refused at once', async () => {
    const port = new URL(receiver.url).port;
    for (const host of [
      `127.0.0.1:${port}`, 'localhost', '[::1]', '10.0.0.1', '192.168.1.1', '172.16.0.1', '169.254.169.254', '0.0.0.0', '[::]',
      '100.64.0.1', '[::ffff:127.0.0.1]', '[fe80::1]', '[fd00::1]', '224.0.0.1',
    ]) {
      await door.refused(400, /invalid destination url/, 'POST', `/v2/publish/http://${host}/x`);
    }
    await door.refused(400, /./, 'POST', '/v2/publish/https://example.com/', {
      headers: { 'upstash-callback': `http://127.0.0.1:${port}/cb` },
    });
    assert.equal(receiver.arrived.length, 0);
  });

  await claim('names that resolve to them are refused, too', async () => {
    const answer = await door.call('POST', `/v2/publish/http://localhost.localdomain:${new URL(receiver.url).port}/x`, {
      headers: { 'upstash-retries': '0' },
    });
    if (answer.status === 200) await door.states(answer.body.messageId, 'FAILED');
    assert.equal(receiver.arrived.length, 0);
  });

  await server.stop();

  await claim('the configuration opens what it names', async () => {
    const open = await serve('delivery-allow = ["127.0.0.0/8"]\n');
    const { messageId } = await open.door.publish(`${receiver.url}/open`, 'x');
    await receiver.next('/open');
    await open.door.states(messageId, 'DELIVERED');
    await open.door.refused(400, /invalid destination url/, 'POST', '/v2/publish/http://10.0.0.1/x');
    await open.server.stop();
  });

  await receiver.close();
}
