import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { untilSo } from './door.mjs';

export default async function queues(claim, { door, receiver }) {
  const { url } = receiver;
  const enqueue = (queue, path, body, headers = {}) =>
    door.ok('POST', `/v2/enqueue/${queue}/${url}${path}`, { body, headers: { 'content-type': 'text/plain', ...headers } });
  const bodies = (path) => receiver.at(path).map((request) => request.body);

  await claim('a queue is put, shown, listed and deleted', async () => {
    assert.deepEqual(await door.ok('GET', '/v2/queues'), []);
    assert.deepEqual(await door.ok('POST', '/v2/queues', { body: { queueName: 'mail', parallelism: 3 } }), {});
    const queue = await door.ok('GET', '/v2/queues/mail');
    assert.ok(Number.isInteger(queue.createdAt) && Number.isInteger(queue.updatedAt));
    assert.deepEqual({ ...queue, createdAt: 0, updatedAt: 0 }, {
      name: 'mail', createdAt: 0, updatedAt: 0, parallelism: 3, lag: 0, paused: false,
    });
    assert.deepEqual((await door.ok('GET', '/v2/queues')).map((each) => each.name), ['mail']);
    assert.deepEqual(await door.ok('DELETE', '/v2/queues/mail'), {});
    await door.refused(404, 'queue not found: mail', 'GET', '/v2/queues/mail');
  });

  await claim('what is enqueued keeps its order, retries included', async () => {
    receiver.answer('/ordered', (request, attempt) => ({ status: request.body === '2' && attempt < 3 ? 500 : 200 }));
    for (const body of ['1', '2', '3', '4']) await enqueue('ordered', '/ordered', body, { 'upstash-retry-delay': '30' });
    await untilSo(() => bodies('/ordered').includes('4'), 'the last has arrived');
    assert.deepEqual(bodies('/ordered'), ['1', '2', '2', '2', '3', '4']);
    const queue = await door.ok('GET', '/v2/queues/ordered');
    assert.equal(queue.parallelism, 1);
  });

  await claim('a queue holds its place until the callbacks of a message have ended', async () => {
    let called = 0;
    receiver.answer('/called', async () => {
      await pause(100);
      called = receiver.at('/behind').length;
      return {};
    });
    await enqueue('calling', '/before', '1', { 'upstash-callback': `${url}/called` });
    await enqueue('calling', '/behind', '2');
    await receiver.next('/behind');
    assert.equal(called, 0);
  });

  await claim('no more than the parallelism are under way', async () => {
    await door.ok('POST', '/v2/queues', { body: { queueName: 'pair', parallelism: 2 } });
    let now = 0;
    let most = 0;
    receiver.answer('/pair', async () => {
      most = Math.max(most, ++now);
      await pause(40);
      now -= 1;
      return {};
    });
    await Promise.all(Array.from({ length: 10 }, (_, i) => enqueue('pair', '/pair', String(i))));
    await untilSo(() => receiver.at('/pair').length === 10, 'all have arrived');
    assert.equal(most, 2);
    assert.equal((await door.ok('GET', '/v2/queues/pair')).parallelism, 2);
  });

  await claim('a paused queue keeps what comes, and goes on with the oldest', async () => {
    await door.ok('POST', '/v2/queues', { body: { queueName: 'held' } });
    assert.deepEqual(await door.ok('POST', '/v2/queues/held/pause'), {});
    assert.deepEqual(await door.ok('POST', '/v2/queues/held/pause'), {});
    for (const body of ['1', '2', '3']) await enqueue('held', '/held', body);
    const queue = await door.ok('GET', '/v2/queues/held');
    assert.deepEqual([queue.lag, queue.paused], [3, true]);
    await pause(150);
    assert.equal(receiver.at('/held').length, 0);
    assert.deepEqual(await door.ok('POST', '/v2/queues/held/resume'), {});
    await untilSo(() => receiver.at('/held').length === 3, 'all have arrived');
    assert.deepEqual(bodies('/held'), ['1', '2', '3']);
    await untilSo(async () => (await door.ok('GET', '/v2/queues/held')).lag === 0, 'the queue is empty');
  });

  await claim('deleting a queue cancels what is in it', async () => {
    await door.ok('POST', '/v2/queues', { body: { queueName: 'gone', paused: true } });
    const { messageId } = await enqueue('gone', '/gone', 'x');
    await door.ok('DELETE', '/v2/queues/gone');
    const states = await door.states(messageId, 'CANCELED');
    assert.equal(states.at(-1), 'CANCELED');
  });

  await claim('bad queues are refused', async () => {
    const wrong = (body) => door.refused(400, /./, 'POST', '/v2/queues', { body });
    await wrong({ queueName: 'a b' });
    await wrong({ queueName: '' });
    await wrong({});
    await wrong({ queueName: 'a', parallelism: 0 });
    await wrong({ queueName: 'a', parallelism: 1.5 });
    await wrong({ queueName: 'a', paused: 'yes' });
    await wrong('nothing');
    await door.refused(400, /./, 'POST', `/v2/enqueue/a%20b/${url}/x`);
    await door.refused(404, /not found/, 'POST', '/v2/queues/nobody/pause');
    for (const { name } of await door.ok('GET', '/v2/queues')) await door.ok('DELETE', `/v2/queues/${name}`);
  });
}
