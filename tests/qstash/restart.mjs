// What was accepted is there after a crash and after a stop.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { program, startServer, temporaryFolder } from '../clients/server.mjs';
import { Door, untilSo } from './door.mjs';
import { startReceiver } from './receiver.mjs';

export default async function restart(claim) {
  const data = await temporaryFolder();
  const receiver = await startReceiver();
  let server = await startServer({ data, options: ['--quiet'] });
  const told = async () => JSON.parse((await promisify(execFile)(program, ['env', '--data', data, '--json'])).stdout);
  const door = new Door(server.url, (await told()).QSTASH_TOKEN);
  const again = async () => {
    server = await startServer({ data, ports: server.ports, options: ['--quiet'] });
  };

  await claim('what waits, is retried or scheduled goes on after a crash', async () => {
    let up = false;
    receiver.answer('/later', () => ({ status: up ? 200 : 503 }));
    const retried = await door.publish(`${receiver.url}/later`, 'x', { 'upstash-retry-delay': '300', 'upstash-retries': '50' });
    const delayed = await door.publish(`${receiver.url}/delayed`, 'y', { 'upstash-delay': '2s' });
    await door.ok('POST', '/v2/queues', { body: { queueName: 'kept', parallelism: 2, paused: true } });
    for (const body of ['1', '2', '3']) await door.ok('POST', `/v2/enqueue/kept/${receiver.url}/kept`, { body });
    await door.ok('POST', `/v2/schedules/${receiver.url}/s`, { headers: { 'upstash-cron': '0 0 1 1 *', 'upstash-schedule-id': 's' } });
    await door.ok('POST', '/v2/topics/g/endpoints', { body: { endpoints: [{ url: `${receiver.url}/g` }] } });
    await receiver.next('/later');
    await server.kill();
    await again();
    up = true;
    await door.states(retried.messageId, 'DELIVERED');
    await door.states(delayed.messageId, 'DELIVERED');
    assert.equal(receiver.at('/delayed').length, 1);
    assert.deepEqual((({ lag, parallelism, paused }) => [lag, parallelism, paused])(await door.ok('GET', '/v2/queues/kept')), [3, 2, true]);
    await door.ok('POST', '/v2/queues/kept/resume');
    await untilSo(() => receiver.at('/kept').length === 3, 'the queue is delivered');
    assert.equal((await door.ok('GET', '/v2/schedules/s')).cron, '0 0 1 1 *');
    assert.equal((await door.ok('GET', '/v2/topics/g')).endpoints.length, 1);
  });

  await claim('rotated keys stay, and are told by env', async () => {
    const rotated = await door.ok('POST', '/v2/keys/rotate');
    await server.stop();
    await again();
    assert.deepEqual(await door.ok('GET', '/v2/keys'), rotated);
    const lines = await told();
    assert.deepEqual([lines.QSTASH_CURRENT_SIGNING_KEY, lines.QSTASH_NEXT_SIGNING_KEY], [rotated.current, rotated.next]);
  });

  await claim('a signed push to /projection is accepted, by the rotated keys too', async () => {
    const { messageId } = await door.publish(`${server.url}/projection`, '0.5');
    await door.states(messageId, 'DELIVERED');
  });

  await server.stop();
  await server.removeData();
  await receiver.close();
}
