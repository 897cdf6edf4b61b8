import assert from 'node:assert/strict';

import { untilSo } from './door.mjs';

export default async function publish(claim, { door, receiver }) {
  const { url } = receiver;

  await claim('a message arrives as it was published', async () => {
    const answer = await door.call('POST', `/v2/publish/${url}/in?src=web&a=%20b`, {
      headers: {
        'content-type': 'application/json',
        'upstash-method': 'PUT',
        'upstash-forward-x-tenant': 't-9',
        'upstash-forward-Upstash-Workflow-Id': 'w-1',
        'x-not-forwarded': '1',
        'upstash-telemetry-sdk': 'x',
      },
      body: '{"order":42}',
    });
    assert.equal(answer.status, 200);
    assert.match(answer.body.messageId, /^msg_/);
    assert.deepEqual(answer.body, { messageId: answer.body.messageId, url: `${url}/in?src=web&a=%20b` });
    const arrived = await receiver.next('/in');
    assert.equal(arrived.method, 'PUT');
    assert.equal(arrived.path, '/in?src=web&a=%20b');
    assert.equal(arrived.body, '{"order":42}');
    assert.equal(arrived.headers['content-type'], 'application/json');
    assert.equal(arrived.headers['content-length'], '12');
    assert.equal(arrived.headers['user-agent'], 'Upstash-QStash');
    assert.equal(arrived.headers['x-tenant'], 't-9');
    assert.equal(arrived.headers['upstash-workflow-id'], 'w-1');
    assert.equal(arrived.headers['upstash-message-id'], answer.body.messageId);
    assert.equal(arrived.headers['upstash-retried'], '0');
    assert.equal(arrived.headers['upstash-caller-ip'], '127.0.0.1');
    assert.equal(arrived.headers['upstash-region'], 'EU-CENTRAL-1');
    assert.ok(arrived.headers['upstash-signature'].split('.').length === 3);
    for (const name of ['x-not-forwarded', 'authorization', 'upstash-method', 'upstash-telemetry-sdk', 'transfer-encoding', 'expect']) {
      assert.equal(arrived.headers[name], undefined, name);
    }
  });

  await claim('any bytes arrive unchanged, and without a type where none was given', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await door.ok('POST', `/v2/publish/${url}/bytes`, { body: bytes });
    const arrived = await receiver.next('/bytes');
    assert.deepEqual([...arrived.bytes], [...bytes]);
    assert.equal(arrived.headers['content-type'], undefined);
  });

  await claim('an empty body arrives as such, by every method', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      await door.ok('POST', `/v2/publish/${url}/empty`, { headers: { 'upstash-method': method } });
      const arrived = await receiver.next('/empty');
      assert.equal(arrived.method, method);
      assert.equal(arrived.body, '');
    }
  });

  await claim('a GET may carry a body', async () => {
    await door.publish(`${url}/get`, 'asked', { 'upstash-method': 'GET' });
    const arrived = await receiver.next('/get');
    assert.deepEqual([arrived.method, arrived.body], ['GET', 'asked']);
  });

  await claim('the query may configure a message, and is not passed on', async () => {
    const { messageId } = await door.ok(
      'POST',
      `/v2/publish/${url}/query?a=1&upstash-retries=0&upstash-forward-x-q=2&qstash_token=${encodeURIComponent(door.token)}&b=`,
      { token: null, body: 'q' },
    );
    const arrived = await receiver.next('/query');
    assert.equal(arrived.path, '/query?a=1&b=');
    assert.equal(arrived.headers['x-q'], '2');
    assert.equal((await door.ok('GET', `/v2/messages/${messageId}`)).maxRetries, 0);
  });

  await claim('every header is passed on when the publisher asks for it', async () => {
    await door.publish(`${url}/all`, 'x', { 'upstash-header-forward': 'true', 'x-mine': '1', accept: 'a/b' });
    const arrived = await receiver.next('/all');
    assert.equal(arrived.headers['x-mine'], '1');
    assert.equal(arrived.headers.accept, 'a/b');
    assert.equal(arrived.headers.authorization, undefined);
    assert.equal(arrived.headers['upstash-header-forward'], undefined);
  });

  await claim('what belongs to the connection, or to us, cannot be forwarded', async () => {
    await door.publish(`${url}/own`, 'x', {
      'upstash-forward-host': 'evil.example',
      'upstash-forward-content-length': '999',
      'upstash-forward-transfer-encoding': 'chunked',
      'upstash-forward-upstash-message-id': 'msg_mine',
      'upstash-forward-upstash-signature': 'mine',
    });
    const arrived = await receiver.next('/own');
    assert.equal(arrived.headers.host, new URL(url).host);
    assert.equal(arrived.headers['content-length'], '1');
    assert.notEqual(arrived.headers['upstash-message-id'], 'msg_mine');
    assert.notEqual(arrived.headers['upstash-signature'], 'mine');
  });

  await claim('a delay, or a time, is waited for', async () => {
    const begun = Date.now();
    const { messageId } = await door.publish(`${url}/late`, 'x', { 'upstash-delay': '1s' });
    const message = await door.ok('GET', `/v2/messages/${messageId}`);
    assert.ok(message.notBefore >= begun + 1000 && message.notBefore <= Date.now() + 1000);
    const arrived = await receiver.next('/late');
    assert.ok(arrived.at - begun >= 990, `after ${arrived.at - begun} ms`);
    const second = Math.floor(Date.now() / 1000) + 2;
    await door.publish(`${url}/at`, 'x', { 'upstash-not-before': String(second), 'upstash-delay': '1h' });
    assert.ok((await receiver.next('/at')).at >= second * 1000 - 10);
    await door.publish(`${url}/past`, 'x', { 'upstash-not-before': '1000' });
    await receiver.next('/past');
  });

  await claim('a failed attempt is tried again as the publisher said, with the same id', async () => {
    receiver.answer('/flaky', (request, attempt) => ({ status: attempt < 3 ? 500 : 200, body: `attempt ${attempt}` }));
    const { messageId } = await door.publish(`${url}/flaky`, 'x', { 'upstash-retry-delay': '50 * (1 + retried)' });
    for (const retried of ['0', '1', '2']) {
      const arrived = await receiver.next('/flaky');
      assert.deepEqual([arrived.headers['upstash-retried'], arrived.headers['upstash-message-id']], [retried, messageId]);
    }
    assert.deepEqual(await door.states(messageId, 'DELIVERED'), [
      'CREATED', 'ACTIVE', 'ERROR', 'RETRY', 'ACTIVE', 'ERROR', 'RETRY', 'ACTIVE', 'DELIVERED',
    ]);
  });

  await claim('a receiver says by Retry-After when to try again', async () => {
    receiver.answer('/asks', (request, attempt) => (attempt < 2 ? { status: 429, headers: { 'retry-after': '0' } } : {}));
    await door.publish(`${url}/asks`, 'x');
    const first = await receiver.next('/asks');
    const second = await receiver.next('/asks');
    assert.ok(second.at - first.at < 3000, 'sooner than the usual 12 s');
  });

  await claim('status 489 with its header ends a message at once', async () => {
    receiver.answer('/never', () => ({ status: 489, headers: { 'upstash-nonretryable-error': 'true' } }));
    const { messageId } = await door.publish(`${url}/never`, 'x', { 'upstash-retry-delay': '10' });
    assert.deepEqual(await door.states(messageId, 'FAILED'), ['CREATED', 'ACTIVE', 'ERROR', 'FAILED']);
    assert.equal(receiver.at('/never').length, 1);
  });

  await claim('redirects are not followed', async () => {
    receiver.answer('/moved', () => ({ status: 302, headers: { location: `${url}/elsewhere` } }));
    const { messageId } = await door.publish(`${url}/moved`, 'x', { 'upstash-retries': '0' });
    await door.states(messageId, 'FAILED');
    assert.equal(receiver.at('/elsewhere').length, 0);
  });

  await claim('an attempt that takes too long is given up', async () => {
    receiver.answer('/slow', () => new Promise((done) => setTimeout(done, 3000, {})));
    const { messageId } = await door.publish(`${url}/slow`, 'x', { 'upstash-retries': '0', 'upstash-timeout': '1s' });
    const entries = await door.entries(messageId, 'FAILED');
    assert.equal(entries.find((entry) => entry.state === 'ERROR').error, 'context deadline exceeded');
  });

  await claim('the same id is delivered once', async () => {
    const headers = { 'upstash-deduplication-id': `once-${Date.now()}` };
    const first = await door.call('POST', `/v2/publish/${url}/once`, { headers, body: '1' });
    const second = await door.call('POST', `/v2/publish/${url}/once`, { headers, body: '2' });
    assert.deepEqual([first.status, second.status], [200, 202]);
    assert.deepEqual(second.body, { messageId: first.body.messageId, url: `${url}/once`, deduplicated: true });
    assert.equal((await receiver.next('/once')).body, '1');
    await door.states(first.body.messageId, 'DELIVERED');
    assert.equal(receiver.at('/once').length, 1);
  });

  await claim('the same content is delivered once, where that is asked for', async () => {
    const headers = { 'upstash-content-based-deduplication': 'true', 'content-type': 'text/plain' };
    const send = (body, more = {}) => door.call('POST', `/v2/publish/${url}/content`, { headers: { ...headers, ...more }, body });
    const first = await send('same');
    assert.equal((await send('same')).body.messageId, first.body.messageId);
    assert.equal((await send('other')).status, 200);
    assert.equal((await send('same', { 'upstash-forward-x': '1' })).status, 200);
    assert.equal((await send('same', { 'content-type': 'text/html' })).status, 200);
    assert.equal((await door.call('POST', `/v2/publish/${url}/content2`, { headers, body: 'same' })).status, 200);
  });

  await claim('redacted fields are shown as digests, and arrive as they are', async () => {
    const { messageId } = await door.publish(`${url}/secret`, 'secret', {
      'upstash-redact-fields': 'body,header[X-Key]',
      'upstash-forward-x-key': 'k',
      'upstash-forward-x-open': 'o',
    });
    const message = await door.ok('GET', `/v2/messages/${messageId}`);
    const digest = async (text) =>
      'REDACTED:' + Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
    assert.equal(message.body, await digest('secret'));
    assert.deepEqual(message.header['X-Key'], [await digest('k')]);
    assert.deepEqual(message.header['X-Open'], ['o']);
    const arrived = await receiver.next('/secret');
    assert.deepEqual([arrived.body, arrived.headers['x-key']], ['secret', 'k']);
    const [created] = await door.entries(messageId, 'DELIVERED');
    assert.equal(Buffer.from(created.body, 'base64').toString(), await digest('secret'));
  });

  await claim('a message can be read with all that was said of it', async () => {
    const { messageId } = await door.publish(`${url}/read`, 'hi', {
      'upstash-delay': '1h',
      'upstash-retries': '7',
      'upstash-label': 'eu, orders',
      'upstash-forward-x-api-KEY': 'k',
      'upstash-callback': `${url}/cb`,
      'upstash-failure-callback': `${url}/fcb`,
      'upstash-flow-control-key': 'read',
      'upstash-flow-control-value': 'rate=3',
      'upstash-retry-delay': '1000',
    });
    const message = await door.ok('GET', `/v2/messages/${messageId}`);
    assert.equal(message.notBefore - message.createdAt, 3_600_000);
    for (const name of ['createdAt', 'notBefore']) delete message[name];
    assert.deepEqual(message, {
      messageId,
      url: `${url}/read`,
      method: 'POST',
      maxRetries: 7,
      callerIP: '127.0.0.1',
      callerIp: '127.0.0.1',
      header: { 'Content-Type': ['text/plain'], 'X-Api-Key': ['k'] },
      body: 'hi',
      callback: `${url}/cb`,
      failureCallback: `${url}/fcb`,
      label: 'eu',
      labels: ['eu', 'orders'],
      flowControlKey: 'read',
      rate: 3,
      period: 1,
      retryDelayExpression: '1000',
    });
    assert.deepEqual(await door.ok('DELETE', `/v2/messages/${messageId}`), { cancelled: 1 });
  });

  await claim('a body that is no text is shown in base64', async () => {
    const { messageId } = await door.ok('POST', `/v2/publish/${url}/binary`, { body: Uint8Array.of(255, 0, 1) });
    const message = await door.ok('GET', `/v2/messages/${messageId}`);
    assert.deepEqual([message.body, message.bodyBase64], [undefined, '/wAB']);
  });

  await claim('a delivered message can still be read for a while', async () => {
    const { messageId } = await door.publish(`${url}/done`, 'x');
    await door.states(messageId, 'DELIVERED');
    assert.equal((await door.ok('GET', `/v2/messages/${messageId}`)).url, `${url}/done`);
  });

  await claim('a large body arrives', async () => {
    const body = 'x'.repeat(5_000_000);
    await door.publish(`${url}/large`, body);
    assert.equal((await receiver.next('/large')).body.length, body.length);
  });

  await claim('a publish with a cron line makes a schedule', async () => {
    const { scheduleId } = await door.publish(`${url}/cron`, 'x', { 'upstash-cron': '0 0 1 1 *' });
    assert.equal((await door.ok('GET', `/v2/schedules/${scheduleId}`)).cron, '0 0 1 1 *');
    await door.ok('DELETE', `/v2/schedules/${scheduleId}`);
  });

  await claim('many messages at once all arrive, once each', async () => {
    const bodies = Array.from({ length: 300 }, (_, i) => `many-${i}`);
    await Promise.all(bodies.map((body) => door.publish(`${url}/many`, body)));
    await untilSo(() => receiver.at('/many').length >= bodies.length, 'all have arrived');
    assert.deepEqual(receiver.at('/many').map((request) => request.body).sort(), bodies.sort());
  });
}
