import assert from 'node:assert/strict';

export default async function callbacks(claim, { door, receiver }) {
  const { url } = receiver;

  await claim('a callback tells each attempt, and what came of it', async () => {
    receiver.answer('/work', (request, attempt) => ({
      status: attempt === 1 ? 500 : 201, body: `attempt ${attempt}`, headers: { 'x-from': 'work' },
    }));
    const { messageId } = await door.publish(`${url}/work?x=1`, '{"order":42}', {
      'content-type': 'application/json',
      'upstash-callback': `${url}/told`,
      'upstash-callback-forward-x-tenant': 't',
      'upstash-callback-method': 'PUT',
      'upstash-retry-delay': '30',
    });
    const told = [await receiver.next('/told'), await receiver.next('/told')];
    const [first, second] = told.map((request) => JSON.parse(request.body)).sort((a, b) => a.retried - b.retried);
    for (const request of told) {
      assert.deepEqual([request.method, request.headers['content-type'], request.headers['x-tenant']], ['PUT', 'application/json', 't']);
      assert.notEqual(request.headers['upstash-message-id'], messageId);
      assert.equal(request.headers['upstash-retried'], '0');
      const claims = JSON.parse(Buffer.from(request.headers['upstash-signature'].split('.')[1], 'base64url'));
      assert.equal(claims.sub, `${url}/told`);
    }
    assert.deepEqual([first.status, second.status], [500, 201]);
    assert.deepEqual([first.retried, second.retried], [0, 1]);
    assert.equal(Buffer.from(second.body, 'base64').toString(), 'attempt 2');
    assert.deepEqual(second.header['X-From'] ?? second.header['x-from'], ['work']);
    assert.equal(Buffer.from(second.sourceBody, 'base64').toString(), '{"order":42}');
    assert.deepEqual(second.sourceHeader, { 'Content-Type': ['application/json'] });
    assert.deepEqual(
      [second.sourceMessageId, second.url, second.method, second.maxRetries, second.callerIP],
      [messageId, `${url}/work?x=1`, 'POST', 3, '127.0.0.1'],
    );
    assert.ok(Number.isInteger(second.notBefore) && Number.isInteger(second.createdAt));
    assert.equal(second.dlqId, undefined);
  });

  await claim('a failure callback tells the end, with the dead letter', async () => {
    receiver.answer('/fails', () => ({ status: 500, body: 'no' }));
    const { messageId } = await door.publish(`${url}/fails`, 'x', {
      'upstash-failure-callback': `${url}/failed`, 'upstash-retries': '1', 'upstash-retry-delay': '10',
    });
    const told = JSON.parse((await receiver.next('/failed')).body);
    assert.deepEqual([told.status, told.retried, told.sourceMessageId], [500, 1, messageId]);
    assert.equal((await door.ok('GET', `/v2/dlq/${told.dlqId}`)).messageId, messageId);
    assert.equal(receiver.at('/failed').length, 1);
  });

  await claim('without a response the status is 0 and the body says why', async () => {
    await door.publish('http://127.0.0.1:1/x', 'x', { 'upstash-callback': `${url}/silent`, 'upstash-retries': '0' });
    const told = JSON.parse((await receiver.next('/silent')).body);
    assert.deepEqual([told.status, told.header], [0, {}]);
    assert.ok(Buffer.from(told.body, 'base64').toString().length > 5);
  });

  await claim('a callback has retries and callbacks of its own', async () => {
    receiver.answer('/fragile', () => ({ status: 500 }));
    await door.publish(`${url}/fine`, 'x', {
      'upstash-callback': `${url}/fragile`,
      'upstash-callback-retries': '1',
      'upstash-callback-retry-delay': '10',
      'upstash-callback-failure-callback': `${url}/fragile-failed`,
    });
    const told = JSON.parse((await receiver.next('/fragile-failed')).body);
    assert.deepEqual([told.url, told.retried, told.maxRetries], [`${url}/fragile`, 1, 1]);
    assert.equal(receiver.at('/fragile').length, 2);
  });

  await claim('a callback cannot be delayed, nor go to a place that is none', async () => {
    const wrong = (headers) => door.refused(400, /Callback/, 'POST', `/v2/publish/${url}/x`, { headers });
    await wrong({ 'upstash-callback': `${url}/cb`, 'upstash-callback-delay': '3s' });
    await wrong({ 'upstash-callback': 'nowhere' });
    await wrong({ 'upstash-failure-callback': 'ftp://a.example' });
  });
}
