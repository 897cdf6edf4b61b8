import assert from 'node:assert/strict';

import { untilSo } from './door.mjs';

export default async function deadLetters(claim, { door, receiver }) {
  const { url } = receiver;
  const list = async (query = '') => door.ok('GET', `/v2/dlq?${query}`);
  const die = async (path, headers = {}) => {
    receiver.answer(path, () => ({ status: 418, body: 'a teapot' }));
    const { messageId } = await door.publish(`${url}${path}`, 'dead', { 'upstash-retries': '0', ...headers });
    await door.states(messageId, 'FAILED');
    const [letter] = await untilSo(async () => {
      const { messages } = await list(`messageId=${messageId}`);
      return messages.length > 0 && messages;
    }, 'it is a dead letter');
    return letter;
  };

  await claim('a failed message becomes a dead letter with its last response', async () => {
    await door.ok('DELETE', '/v2/dlq?count=100');
    const letter = await die('/dead', { 'upstash-label': 'lost', 'upstash-forward-x': '1' });
    assert.match(letter.dlqId, /^\d+-\d+$/);
    assert.equal(letter.url, `${url}/dead`);
    assert.equal(letter.body, 'dead');
    assert.deepEqual(letter.header, { 'Content-Type': ['text/plain'], X: ['1'] });
    assert.equal(letter.responseStatus, 418);
    assert.equal(letter.responseBody, 'a teapot');
    assert.equal(letter.label, 'lost');
    assert.deepEqual(await door.ok('GET', `/v2/dlq/${letter.dlqId}`), letter);
  });

  await claim('without a response its status is 0', async () => {
    const { messageId } = await door.publish('http://127.0.0.1:1/x', 'x', { 'upstash-retries': '0' });
    await door.states(messageId, 'FAILED');
    const [letter] = (await list(`messageId=${messageId}`)).messages;
    assert.equal(letter.responseStatus, 0);
  });

  await claim('they are listed page by page, the oldest first', async () => {
    await door.ok('DELETE', '/v2/dlq?count=100');
    const ids = [];
    for (let i = 0; i < 5; i += 1) ids.push((await die(`/page${i}`)).dlqId);
    const seen = [];
    let cursor;
    do {
      const page = await list(new URLSearchParams({ count: '2', ...(cursor ? { cursor } : {}) }));
      seen.push(...page.messages.map((each) => each.dlqId));
      cursor = page.cursor;
    } while (cursor);
    assert.deepEqual(seen, ids);
    const latest = await list('count=1&order=latestFirst');
    assert.deepEqual(latest.messages.map((each) => each.dlqId), ids.slice(-1));
  });

  await claim('each filter selects', async () => {
    await door.ok('DELETE', '/v2/dlq?count=100');
    const one = await die('/f1', { 'upstash-label': 'f1', 'upstash-flow-control-key': 'fk', 'upstash-flow-control-value': 'rate=100' });
    const two = await die('/f2', { 'upstash-label': 'f2' });
    const found = async (query) => (await list(query)).messages.map((each) => each.dlqId);
    assert.deepEqual(await found('label=f1'), [one.dlqId]);
    assert.deepEqual(await found('flowControlKey=fk'), [one.dlqId]);
    assert.deepEqual(await found(`url=${encodeURIComponent(`${url}/f2`)}`), [two.dlqId]);
    assert.deepEqual(await found('responseStatus=418'), [one.dlqId, two.dlqId]);
    assert.deepEqual(await found('responseStatus=500'), []);
    assert.deepEqual(await found(`dlqIds=${two.dlqId}`), [two.dlqId]);
    assert.deepEqual(await found('callerIp=127.0.0.1&label=f2'), [two.dlqId]);
    assert.deepEqual(await found('toDate=1000'), []);
  });

  await claim('one is retried as a new message, with what the retry changes', async () => {
    const letter = await die('/revived', { 'upstash-forward-x': '1' });
    receiver.answer('/revived', () => ({}));
    const answer = await door.call('POST', `/v2/dlq/retry/${letter.dlqId}`, { headers: { 'upstash-method': 'PUT' } });
    assert.equal(answer.status, 201);
    assert.notEqual(answer.body.messageId, letter.messageId);
    await door.states(answer.body.messageId, 'DELIVERED');
    const arrived = receiver.at('/revived').at(-1);
    assert.deepEqual([arrived.method, arrived.body, arrived.headers.x], ['PUT', 'dead', '1']);
    await door.refused(404, `dead letter not found: ${letter.dlqId}`, 'GET', `/v2/dlq/${letter.dlqId}`);
    await door.refused(404, `dead letter not found: ${letter.dlqId}`, 'POST', `/v2/dlq/retry/${letter.dlqId}`);
  });

  await claim('many are retried, unknown ids left out', async () => {
    const [a, b] = [await die('/r1', { 'upstash-label': 'again' }), await die('/r2', { 'upstash-label': 'again' })];
    for (const path of ['/r1', '/r2']) receiver.answer(path, () => ({}));
    const one = await door.call('POST', `/v2/dlq/retry?dlqIds=${a.dlqId}&dlqIds=1-1`);
    assert.deepEqual([one.status, one.body.responses.length], [201, 1]);
    const two = await door.call('POST', '/v2/dlq/retry?label=again');
    assert.deepEqual([two.status, two.body.responses.length], [201, 1]);
    await door.states(two.body.responses[0].messageId, 'DELIVERED');
    assert.equal((await list(`dlqIds=${a.dlqId},${b.dlqId}`)).messages.length, 0);
  });

  await claim('one is deleted, once', async () => {
    const letter = await die('/deleted');
    assert.deepEqual(await door.ok('DELETE', `/v2/dlq/${letter.dlqId}`), {});
    await door.refused(404, `dead letter not found: ${letter.dlqId}`, 'DELETE', `/v2/dlq/${letter.dlqId}`);
  });

  await claim('many are deleted by ids or filter, and never by a slip', async () => {
    const [a, b, c] = [await die('/d1'), await die('/d2', { 'upstash-label': 'd' }), await die('/d3')];
    const deleted = async (query, options) => (await door.ok('DELETE', `/v2/dlq${query}`, options)).deleted;
    await door.refused(400, /which/, 'DELETE', '/v2/dlq');
    await door.refused(400, /labeel/, 'DELETE', '/v2/dlq?labeel=d');
    await door.refused(400, /host/, 'DELETE', '/v2/dlq?host=x');
    await door.refused(400, /labeel/, 'POST', '/v2/dlq/retry?labeel=d');
    assert.equal(await deleted('', { body: { dlqIds: [a.dlqId, '1-1'] } }), 1);
    assert.equal(await deleted('?label=d'), 1);
    assert.equal((await list(`dlqIds=${b.dlqId}`)).messages.length, 0);
    assert.equal(await deleted(`?dlqIds=${c.dlqId}`), 1);
    assert.ok((await deleted('?count=100')) >= 1);
    assert.deepEqual((await list()).messages, []);
  });
}
