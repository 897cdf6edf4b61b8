import assert from 'node:assert/strict';

import { untilSo } from './door.mjs';

export default async function messages(claim, { door, receiver }) {
  const { url } = receiver;
  const waiting = async (path, headers = {}) =>
    (await door.publish(`${url}${path}`, 'x', { 'upstash-delay': '1h', ...headers })).messageId;

  await claim('a waiting message is cancelled', async () => {
    const id = await waiting('/w');
    assert.deepEqual(await door.ok('DELETE', `/v2/messages/${id}`), { cancelled: 1 });
    assert.deepEqual(await door.states(id, 'CANCELED'), ['CREATED', 'CANCEL_REQUESTED', 'CANCELED']);
    await door.refused(404, `message not found: ${id}`, 'DELETE', `/v2/messages/${id}`);
  });

  await claim('one in flight is cancelled too: it is not tried again', async () => {
    let release;
    const held = new Promise((done) => (release = done));
    receiver.answer('/flight', async () => (await held, { status: 500 }));
    const { messageId } = await door.publish(`${url}/flight`, 'x', { 'upstash-retry-delay': '10' });
    await receiver.next('/flight');
    assert.deepEqual(await door.ok('DELETE', `/v2/messages/${messageId}`), { cancelled: 1 });
    release();
    await door.states(messageId, 'CANCELED');
    assert.equal(receiver.at('/flight').length, 1);
  });

  await claim('unknown ids are 404 alone, and left out among others', async () => {
    await door.refused(404, 'message not found: msg_nobody', 'GET', '/v2/messages/msg_nobody');
    await door.refused(404, 'message not found: msg_nobody', 'DELETE', '/v2/messages/msg_nobody');
    const [a, b] = [await waiting('/a'), await waiting('/b')];
    const body = { messageIds: [a, 'msg_nobody'] };
    assert.deepEqual(await door.ok('DELETE', '/v2/messages', { body }), { cancelled: 1 });
    assert.deepEqual(await door.ok('DELETE', `/v2/messages?messageIds=${b}&messageIds=msg_nobody`), { cancelled: 1 });
    assert.deepEqual(await door.ok('DELETE', '/v2/messages', { body: { messageIds: [] } }), { cancelled: 0 });
  });

  await claim('each filter selects, several together narrow', async () => {
    const cancelled = async (query) => (await door.ok('DELETE', `/v2/messages?${query}`)).cancelled;
    await waiting('/one', { 'upstash-label': 'red,round' });
    await waiting('/two', { 'upstash-label': 'blue', 'upstash-flow-control-key': 'slow', 'upstash-flow-control-value': 'rate=1' });
    await waiting('/three', { 'upstash-label': 'blue' });
    await waiting('/four?x=1');
    assert.equal(await cancelled('label=green'), 0);
    assert.equal(await cancelled('label=blue&flowControlKey=slow'), 1);
    assert.equal(await cancelled('label=red,blue'), 2);
    assert.equal(await cancelled(`host=${new URL(url).host}&path=/nothing`), 0);
    assert.equal(await cancelled(`url=${encodeURIComponent(`${url}/four?x=1`)}`), 1);
    const [a, b] = [await waiting('/path/a'), await waiting('/path/b')];
    assert.equal(await cancelled('path=/path/a'), 1);
    assert.equal(await cancelled(`messageIds=${a},${b}&callerIp=127.0.0.1`), 1);
    await waiting('/dated');
    assert.equal(await cancelled('toDate=1000'), 0);
    assert.equal(await cancelled(`fromDate=${Date.now() - 60_000}&path=/dated`), 1);
  });

  await claim('a misspelt filter cancels nothing', async () => {
    await waiting('/safe');
    await door.refused(400, /labeel/, 'DELETE', '/v2/messages?labeel=x');
    await door.refused(400, /label/, 'DELETE', '/v2/messages?label=');
    await door.refused(400, /messageids/i, 'DELETE', '/v2/messages', { body: { messageids: [] } });
    await door.refused(400, /count/, 'DELETE', '/v2/messages?count=0');
  });

  await claim('a count bounds, nothing said is everything', async () => {
    for (let i = 0; i < 4; i += 1) await waiting('/many');
    assert.deepEqual(await door.ok('DELETE', '/v2/messages?count=2'), { cancelled: 2 });
    const { cancelled } = await door.ok('DELETE', '/v2/messages');
    assert.ok(cancelled >= 3, String(cancelled));
    assert.deepEqual(await door.ok('DELETE', '/v2/messages'), { cancelled: 0 });
  });

  await claim('the log has a page at a time, newest first unless asked otherwise', async () => {
    const ids = [];
    for (let i = 0; i < 5; i += 1) ids.push((await door.publish(`${url}/logged`, 'x', { 'upstash-label': 'paged' })).messageId);
    for (const id of ids) await door.states(id, 'DELIVERED');
    for (const [order, direction] of [['latestFirst', -1], ['earliestFirst', 1]]) {
      const seen = [];
      let cursor;
      do {
        const query = new URLSearchParams({ label: 'paged', count: '4', order, ...(cursor ? { cursor } : {}) });
        const page = await door.ok('GET', `/v2/logs?${query}`);
        assert.deepEqual(page.logs, page.events);
        assert.ok(page.logs.length <= 4);
        seen.push(...page.logs);
        cursor = page.cursor;
        assert.ok(cursor === undefined || typeof cursor === 'string');
      } while (cursor);
      assert.equal(seen.length, 15);
      // An attempt's beginning is told with its end, so that times may be out of order by an attempt.
      const back = seen.map((entry, at) => (at === 0 ? 0 : direction * (seen[at - 1].time - entry.time)));
      assert.ok(Math.max(...back) < 5000, String(back));
      const first = seen.filter((entry) => entry.messageId === ids[0]).map((entry) => entry.state);
      const lived = ['CREATED', 'ACTIVE', 'DELIVERED'];
      assert.deepEqual(first, direction > 0 ? lived : lived.reverse());
    }
  });

  await claim('the log is filtered by state and message', async () => {
    const states = async (query) => {
      const { events } = await door.ok('GET', `/v2/events?${query}`);
      return [...new Set(events.map((event) => event.state))].sort();
    };
    assert.deepEqual(await states('label=paged&state=DELIVERED'), ['DELIVERED']);
    assert.deepEqual(await states('label=paged&state=CREATED,delivered'), ['CREATED', 'DELIVERED']);
    assert.deepEqual(await states('label=paged&state=IN_PROGRESS'), ['ACTIVE']);
    assert.deepEqual(await states('label=paged&state=CANCELLED'), []);
    assert.deepEqual(await states('label=paged&unknown=x&state=CREATED'), ['CREATED']);
    await door.refused(400, /state/, 'GET', '/v2/events?state=SLEEPING');
    await door.refused(400, /fromDate/, 'GET', '/v2/events?fromDate=yesterday');
  });

  await claim('an entry says all that is known of the message and of the attempt', async () => {
    receiver.answer('/bad', () => ({ status: 503, body: 'not now', headers: { 'x-why': 'tired' } }));
    const { messageId } = await door.publish(`${url}/bad`, 'body', {
      'upstash-retries': '0', 'upstash-label': 'l1,l2', 'upstash-retry-delay': '1000', 'upstash-timeout': '5s',
    });
    const entries = await door.entries(messageId, 'FAILED');
    const error = entries.find((entry) => entry.state === 'ERROR');
    assert.equal(error.url, `${url}/bad`);
    assert.equal(error.responseStatus, 503);
    assert.equal(Buffer.from(error.responseBody, 'base64').toString(), 'not now');
    assert.deepEqual(error.responseHeader['X-Why'] ?? error.responseHeader['x-why'], ['tired']);
    assert.deepEqual(error.responseHeaders, error.responseHeader);
    const [created] = entries;
    assert.equal(Buffer.from(created.body, 'base64').toString(), 'body');
    assert.deepEqual(
      [created.label, created.labels, created.method, created.timeout, created.maxRetries, created.retryDelayExpr],
      ['l1', ['l1', 'l2'], 'POST', 5000, 0, '1000'],
    );
    assert.equal(created.retryDelayExpression, '1000');
    assert.deepEqual(created.header, { 'Content-Type': ['text/plain'] });
  });

  await claim('a retry is announced with its time', async () => {
    receiver.answer('/again', (request, attempt) => ({ status: attempt === 1 ? 500 : 200 }));
    const { messageId } = await door.publish(`${url}/again`, 'x', { 'upstash-retry-delay': '200' });
    const entries = await door.entries(messageId, 'DELIVERED');
    const retry = entries.find((entry) => entry.state === 'RETRY');
    assert.ok(retry.nextDeliveryTime >= retry.time + 150 && retry.nextDeliveryTime <= retry.time + 1000);
    assert.equal(entries.filter((entry) => entry.state === 'DELIVERED').length, 1);
  });

  await claim('nobody listens there: the log says so', async () => {
    const { messageId } = await door.publish('http://127.0.0.1:1/x', 'x', { 'upstash-retries': '0' });
    const entries = await door.entries(messageId, 'FAILED');
    assert.ok(entries.find((entry) => entry.state === 'ERROR').error.length > 5);
    await untilSo(async () => (await door.ok('GET', `/v2/dlq?messageId=${messageId}`)).messages.length === 1);
  });
}
