import assert from 'node:assert/strict';

import { untilSo } from './door.mjs';

export default async function version1(claim, { door, receiver }) {
  const { url } = receiver;
  let topic;

  await claim('a topic is made empty, and shown under all names that clients read', async () => {
    const made = await door.ok('POST', '/v1/topics', { body: { name: 'orders' } });
    assert.deepEqual(made, { topicId: made.id, id: made.id, name: 'orders', endpoints: [], endpointIds: [] });
    topic = made.id;
    assert.deepEqual(await door.ok('GET', `/v1/topics/${topic}`), made);
    assert.deepEqual(await door.ok('GET', '/v1/topics/orders'), made);
    assert.deepEqual(await door.ok('GET', '/v1/topics'), [made]);
    await door.refused(409, /./, 'POST', '/v1/topics', { body: { name: 'orders' } });
    await door.refused(400, /./, 'POST', '/v1/topics', { body: { name: 'a b' } });
    await door.refused(404, 'topic not found: nobody', 'GET', '/v1/topics/nobody');
  });

  await claim('endpoints are made in it, shown, changed and deleted', async () => {
    const a = await door.ok('POST', '/v1/endpoints', { body: { url: `${url}/v1a`, topicName: 'orders' } });
    assert.deepEqual(a, { endpointId: a.id, id: a.id, url: `${url}/v1a`, topicId: topic, topicName: 'orders' });
    const b = await door.ok('POST', '/v1/endpoints', { body: { url: `${url}/v1b`, topicId: topic } });
    assert.deepEqual(await door.ok('GET', '/v1/endpoints'), [a, b]);
    assert.deepEqual(await door.ok('GET', `/v1/endpoints/${b.id}`), b);
    const changed = await door.ok('PUT', `/v1/endpoints/${b.id}`, { body: { url: `${url}/v1c` } });
    assert.deepEqual(changed, { ...b, url: `${url}/v1c` });
    const shown = await door.ok('GET', '/v1/topics/orders');
    assert.deepEqual([shown.endpoints, shown.endpointIds], [[a, changed], [a.id, b.id]]);
    await door.refused(404, 'endpoint not found: nobody', 'GET', '/v1/endpoints/nobody');
    await door.refused(404, 'topic not found: nobody', 'POST', '/v1/endpoints', { body: { url, topicName: 'nobody' } });
    await door.refused(400, /url/, 'POST', '/v1/endpoints', { body: { url: 'x', topicName: 'orders' } });
  });

  await claim('a publish to a topic answers one id, which every endpoint is told', async () => {
    const { messageId, ...rest } = await door.ok('POST', '/v1/publish/orders', {
      headers: { content: 'application/json', 'content-type': 'text/plain;charset=UTF-8' },
      body: '0.6653261770021026',
    });
    assert.deepEqual(rest, {});
    for (const path of ['/v1a', '/v1c']) {
      const arrived = await receiver.next(path);
      assert.deepEqual(
        [arrived.method, arrived.body, arrived.headers['content-type'], arrived.headers.content],
        ['POST', '0.6653261770021026', 'text/plain;charset=UTF-8', undefined],
      );
      assert.equal(arrived.headers['upstash-message-id'], messageId);
    }
    const message = await door.ok('GET', `/v1/messages/${messageId}`);
    assert.deepEqual([message.messageId, message.topicName, message.topicId], [messageId, 'orders', topic]);
    const { tasks } = await door.ok('GET', `/v1/messages/${messageId}/tasks`);
    assert.deepEqual(tasks.map((task) => [task.messageId, task.url]), [[messageId, `${url}/v1a`], [messageId, `${url}/v1c`]]);
    assert.equal((await door.ok('GET', `/v1/tasks/${tasks[0].taskId}`)).taskId, tasks[0].taskId);
    const { logs } = await untilSo(async () => {
      const page = await door.ok('GET', `/v1/messages/${messageId}/logs`);
      return page.logs.filter((entry) => entry.state === 'delivered').length === 2 && page;
    }, 'both are delivered');
    assert.ok(logs.every((entry) => entry.messageId === messageId && entry.taskId));
  });

  await claim('a topic is addressed by its id too, and renamed', async () => {
    await door.ok('POST', `/v1/publish/${topic}`, { body: 'by id' });
    assert.equal((await receiver.next('/v1a')).body, 'by id');
    const renamed = await door.ok('PUT', `/v1/topics/${topic}`, { body: { name: 'purchases' } });
    assert.deepEqual([renamed.id, renamed.name, renamed.endpoints.length], [topic, 'purchases', 2]);
    await door.ok('POST', '/v1/publish/purchases', { body: 'renamed' });
    assert.equal((await receiver.next('/v1a')).body, 'renamed');
    await door.refused(400, /^invalid destination url/, 'POST', '/v1/publish/orders');
    assert.equal((await door.ok('GET', '/v2/topics/purchases')).endpoints.length, 2);
  });

  await claim('a publish to a URL, delayed, is shown and cancelled', async () => {
    const { messageId } = await door.ok('POST', `/v1/publish/${url}/v1u`, {
      headers: { 'upstash-delay': '60s', 'upstash-forward-x': '1', 'content-type': 'a/b' },
      body: 'x',
    });
    const message = await door.ok('GET', `/v1/messages/${messageId}`);
    assert.ok(message.createdAt <= Date.now());
    delete message.createdAt;
    assert.deepEqual(message, { messageId, header: { 'Content-Type': ['a/b'], X: ['1'] }, body: 'x', url: `${url}/v1u`, method: 'POST' });
    assert.ok((await door.ok('GET', '/v1/messages')).messages.some((each) => each.messageId === messageId));
    const answer = await door.call('DELETE', `/v1/messages/${messageId}`);
    assert.deepEqual([answer.status, answer.body], [202, { status: 'accepted' }]);
    await door.refused(404, `message not found: ${messageId}`, 'DELETE', `/v1/messages/${messageId}`);
  });

  await claim('a duplicate has status 202 and the first id', async () => {
    const headers = { 'upstash-deduplication-id': `v1-${Date.now()}` };
    const first = await door.call('POST', '/v1/publish/purchases', { headers, body: 'x' });
    const second = await door.call('POST', '/v1/publish/purchases', { headers, body: 'x' });
    assert.deepEqual([first.status, second.status, second.body], [200, 202, first.body]);
  });

  await claim('a publish with a cron line makes a schedule', async () => {
    const answer = await door.call('POST', '/v1/publish/purchases', { headers: { 'upstash-cron': '0 0 1 1 *' }, body: 'x' });
    assert.equal(answer.status, 201);
    const { scheduleId } = answer.body;
    const schedule = await door.ok('GET', `/v1/schedules/${scheduleId}`);
    assert.equal(schedule.cron, '0 0 1 1 *');
    assert.equal(schedule.content.body, 'x');
    assert.deepEqual([schedule.destination.type, schedule.destination.topic.name], ['topic', 'purchases']);
    const all = await door.ok('GET', '/v1/schedules');
    assert.deepEqual(all.filter((each) => each.scheduleId === scheduleId), [schedule]);
    assert.deepEqual(await door.ok('DELETE', `/v1/schedules/${scheduleId}`), { status: 'accepted' });
    await door.refused(404, /not found/, 'GET', `/v1/schedules/${scheduleId}`);
  });

  await claim('the log has states in small letters and a number to go on with', async () => {
    let cursor;
    const seen = [];
    do {
      const page = await door.ok('GET', `/v1/logs${cursor ? `?cursor=${cursor}` : ''}`);
      assert.ok(page.logs.length <= 100);
      seen.push(...page.logs);
      cursor = page.cursor;
      assert.ok(cursor === undefined || Number.isSafeInteger(cursor));
    } while (cursor);
    const keys = seen.map((entry) => `${entry.messageId} ${entry.taskId} ${entry.state} ${entry.time}`);
    assert.equal(new Set(keys).size, keys.length, 'none is told twice');
    const { events } = await door.ok('GET', '/v2/events?count=1000');
    const told = events.filter((event) => event.state !== 'CANCEL_REQUESTED');
    assert.ok(seen.length >= told.length, 'none is left out');
    const states = ['created', 'planned', 'active', 'delivered', 'error', 'failed', 'canceled'];
    assert.ok(seen.every((entry) => states.includes(entry.state)));
    assert.ok((await door.ok('GET', '/v1/events')).events.length > 0);
  });

  await claim('the limits are told, and all goes away again', async () => {
    const quota = await door.ok('GET', '/v1/quota');
    for (const name of [
      'maxTopics', 'maxEndpointsPerTopic', 'maxMessageSize', 'maxRetries', 'maxSchedules', 'maxRequestsPerDay', 'retention',
      'timeout', 'maxDelay',
    ]) {
      assert.ok(Number.isInteger(quota[name]), name);
    }
    const { endpoints } = await door.ok('GET', '/v1/topics/purchases');
    assert.deepEqual(await door.ok('DELETE', `/v1/endpoints/${endpoints[0].id}`), { status: 'ok' });
    assert.deepEqual(await door.ok('DELETE', `/v1/topics/${topic}`), { status: 'ok' });
    await door.refused(404, /not found/, 'DELETE', `/v1/topics/${topic}`);
  });
}
