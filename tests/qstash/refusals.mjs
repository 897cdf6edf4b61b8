import assert from 'node:assert/strict';
import { connect } from 'node:net';

const scheme = 'invalid destination url: endpoint has invalid scheme, add http:// or https://';

export default async function refusals(claim, { door, readOnly, receiver, server }) {
  const { url } = receiver;

  await claim('without the token there is nothing', async () => {
    const text = 'unable to authenticate: invalid token';
    for (const token of [null, 'wrong', `${door.token}x`]) {
      await door.refused(401, text, 'GET', '/v2/queues', { token });
      await door.refused(401, text, 'POST', `/v2/publish/${url}/x`, { token });
      await door.refused(401, text, 'GET', '/v2/nothing', { token });
    }
    await door.refused(401, text, 'GET', `/v2/queues?qstash_token=${encodeURIComponent(door.token)}`, { token: null });
    await door.refused(401, text, 'POST', `/v2/publish/${url}/x?qstash_token=wrong`, { token: null });
    await door.refused(401, text, 'GET', '/v1/topics', { headers: { authorization: `Basic ${door.token}` }, token: null });
  });

  await claim('the read-only token reads and changes nothing', async () => {
    assert.deepEqual(await readOnly.ok('GET', '/v2/queues'), await door.ok('GET', '/v2/queues'));
    for (const [method, path] of [
      ['POST', `/v2/publish/${url}/x`], ['DELETE', '/v2/messages'], ['POST', '/v2/keys/rotate'], ['POST', '/v1/topics'],
    ]) {
      await readOnly.refused(403, 'this token may only read', method, path);
    }
  });

  await claim('a destination that is none is refused', async () => {
    for (const place of ['nobody', 'example.com/x', 'ftp://example.com', 'a%20b']) {
      await door.refused(400, scheme, 'POST', `/v2/publish/${place}`);
      await door.refused(400, scheme, 'POST', `/v2/enqueue/q/${place}`);
    }
    await door.refused(400, /./, 'POST', '/v2/publish/http://');
    await door.refused(400, /credentials/, 'POST', '/v2/publish/http://user:pass@example.com/');
    await door.refused(400, 'api/llm is not supported', 'POST', '/v2/publish/api/llm');
  });

  await claim('a header that cannot be read is refused, and named', async () => {
    const wrong = (text, headers) => door.refused(400, text, 'POST', `/v2/publish/${url}/x`, { headers });
    await wrong(/Upstash-Method/, { 'upstash-method': 'TRACE' });
    await wrong(/Upstash-Delay/, { 'upstash-delay': 'soon' });
    await wrong(/Upstash-Not-Before/, { 'upstash-not-before': 'tomorrow' });
    await wrong(/Upstash-Retries/, { 'upstash-retries': '-1' });
    await wrong(/Upstash-Timeout/, { 'upstash-timeout': '1y' });
    await wrong(/retry delay/, { 'upstash-retry-delay': 'pow(' });
    await wrong("DeduplicationId cannot contain ':'", { 'upstash-deduplication-id': 'a:b' });
    await wrong(/Upstash-Flow-Control/, { 'upstash-flow-control-key': 'k' });
    await wrong(/Upstash-Flow-Control/, { 'upstash-flow-control-key': 'k', 'upstash-flow-control-value': 'period=1s' });
    await wrong(/Upstash-Redact-Fields/, { 'upstash-redact-fields': 'url' });
    await wrong(/^invalid cron/, { 'upstash-cron': '* * *' });
  });

  await claim('quotas are told in their own words', async () => {
    const wrong = (status, text, headers) => door.refused(status, text, 'POST', `/v2/publish/${url}/x`, { headers });
    await wrong(412, /^quota maxRetries exceeded/, { 'upstash-retries': '1000' });
    await wrong(412, /^quota maxDelay exceeded, current limit: 31536000/, { 'upstash-delay': '400d' });
    await door.refused(413, 'quota maxMessageSize exceeded', 'POST', `/v2/publish/${url}/x`, { body: 'x'.repeat(10_500_000) });
    const [answer] = await door.ok('POST', '/v2/batch', { body: [{ destination: `${url}/x`, body: 'x'.repeat(10_500_000) }] });
    assert.match(answer.error, /^quota maxMessageSize exceeded/);
  });

  await claim('a large body is not even read without the token', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write('POST /v2/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n');
    const answer = await new Promise((done) => socket.once('data', (bytes) => done(String(bytes))));
    socket.destroy();
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.match(answer, /\{"error":"quota maxMessageSize exceeded"\}$/);
  });

  await claim('unknown paths and methods are told as JSON', async () => {
    await door.refused(404, /nothing at/, 'GET', '/v2/nothing');
    await door.refused(404, /nothing at/, 'POST', '/v2/publish/');
    const answer = await door.call('PUT', '/v2/queues');
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST, GET']);
  });

  await claim('pages of any origin may use the door', async () => {
    const answer = await fetch(`${server.url}/v2/publish/${url}/x`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-headers': 'authorization,upstash-delay' },
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.equal(answer.headers.get('access-control-allow-headers'), 'authorization,upstash-delay');
    assert.equal((await door.call('GET', '/v2/queues')).headers.get('access-control-allow-origin'), '*');
  });

  await claim('refused messages leave nothing behind', async () => {
    assert.equal(receiver.at('/x').length, 0);
  });

  await claim('an unsigned push to /projection is refused', async () => {
    const answer = await fetch(`${server.url}/projection`, { method: 'POST', body: '0.5' });
    assert.equal(answer.status, 401);
  });
}
