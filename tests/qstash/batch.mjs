import assert from 'node:assert/strict';

export default async function batch(claim, { door, receiver }) {
  const { url } = receiver;

  await claim('each element is answered in its place, errors among them', async () => {
    await door.ok('POST', '/v2/topics/batched/endpoints', {
      body: { endpoints: [{ url: `${url}/g1` }, { url: `${url}/g2` }] },
    });
    const answers = await door.ok('POST', '/v2/batch', {
      body: [
        { destination: `${url}/b1`, headers: { 'content-type': 'application/json', 'upstash-forward-x': '1' }, body: '{"n":1}' },
        { destination: 'nobody' },
        { destination: 'batched', body: 'g' },
        { destination: `${url}/b2`, queue: 'batch-queue', body: null, headers: null },
        { destination: `${url}/b3`, headers: { 'upstash-retries': 'x' } },
        { destination: `${url}/b4?upstash-delay=1h`, queue: null },
        {},
        5,
      ],
    });
    assert.equal(answers.length, 8);
    assert.equal(answers[0].url, `${url}/b1`);
    assert.match(answers[1].error, /^invalid destination url/);
    assert.deepEqual(answers[2].map((each) => each.url), [`${url}/g1`, `${url}/g2`]);
    assert.equal(answers[3].url, `${url}/b2`);
    assert.match(answers[4].error, /Upstash-Retries/);
    assert.equal(answers[5].url, `${url}/b4`);
    assert.match(answers[6].error, /^invalid destination url/);
    assert.ok(answers[7].error);
    const first = await receiver.next('/b1');
    assert.deepEqual([first.body, first.headers['content-type'], first.headers.x], ['{"n":1}', 'application/json', '1']);
    assert.equal((await receiver.next('/g1')).body, 'g');
    assert.equal((await receiver.next('/g2')).headers['upstash-topic-name'], 'batched');
    assert.equal((await receiver.next('/b2')).body, '');
    assert.equal((await door.ok('GET', '/v2/queues/batch-queue')).parallelism, 1);
    await door.ok('DELETE', `/v2/messages/${answers[5].messageId}`);
    await door.ok('DELETE', '/v2/topics/batched');
    await door.ok('DELETE', '/v2/queues/batch-queue');
  });

  await claim('the headers of the batch itself configure nothing', async () => {
    const [answer] = await door.ok('POST', '/v2/batch', {
      headers: { 'upstash-delay': '1h', 'content-type': 'application/json' },
      body: [{ destination: `${url}/plain`, body: 'x' }],
    });
    const arrived = await receiver.next('/plain');
    assert.equal(arrived.headers['content-type'], undefined);
    assert.equal(arrived.headers['upstash-message-id'], answer.messageId);
  });

  await claim('a header cannot smuggle another in', async () => {
    const answers = await door.ok('POST', '/v2/batch', {
      body: [
        { destination: `${url}/x`, headers: { 'upstash-forward-a': 'b\r\nc: d' } },
        { destination: `${url}/x`, headers: { 'upstash-forward-a\r\nc': 'd' } },
        { destination: `${url}/x`, headers: { 'content-type': 5 } },
      ],
    });
    for (const answer of answers) assert.match(answer.error, /header/);
  });

  await claim('what is no batch is refused as a whole', async () => {
    await door.refused(400, /^invalid batch/, 'POST', '/v2/batch', { body: '{"destination":"x"}' });
    await door.refused(400, /^invalid batch/, 'POST', '/v2/batch', { body: '[' });
    await door.refused(400, /^invalid batch/, 'POST', '/v2/batch', { body: '' });
    assert.deepEqual(await door.ok('POST', '/v2/batch', { body: '[]' }), []);
  });

  await claim('a thousand elements arrive', async () => {
    const elements = Array.from({ length: 1000 }, (_, i) => ({ destination: `${url}/thousand`, body: String(i) }));
    const answers = await door.ok('POST', '/v2/batch', { body: elements });
    assert.equal(new Set(answers.map((each) => each.messageId)).size, 1000);
    const bodies = new Set();
    while (bodies.size < 1000) bodies.add((await receiver.next('/thousand')).body);
  });
}
