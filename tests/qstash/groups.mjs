import assert from 'node:assert/strict';

export default async function groups(claim, { door, receiver }) {
  const { url } = receiver;
  const put = (name, endpoints) => door.ok('POST', `/v2/topics/${name}/endpoints`, { body: { endpoints } });

  await claim('a group is made by its first endpoints, and shown', async () => {
    assert.deepEqual(await put('shop', [{ url: `${url}/a`, name: 'a' }, { url: `${url}/b` }]), {});
    const group = await door.ok('GET', '/v2/topics/shop');
    assert.ok(Number.isInteger(group.createdAt) && Number.isInteger(group.updatedAt));
    assert.equal(group.name, 'shop');
    assert.deepEqual(group.endpoints, [{ name: 'a', url: `${url}/a` }, { url: `${url}/b` }]);
    assert.deepEqual((await door.ok('GET', '/v2/topics')).map((each) => each.name), ['shop']);
  });

  await claim('an endpoint of the same name, or the same URL, is replaced', async () => {
    await put('shop', [{ url: `${url}/a2`, name: 'a' }, { url: `${url}/b` }, { url: `${url}/c`, name: 'c' }]);
    assert.deepEqual((await door.ok('GET', '/v2/topics/shop')).endpoints, [
      { name: 'a', url: `${url}/a2` }, { url: `${url}/b` }, { name: 'c', url: `${url}/c` },
    ]);
  });

  await claim('each endpoint gets a message of its own', async () => {
    receiver.answer('/b', () => ({ status: 500 }));
    const answers = await door.publish('shop', 'news', { 'upstash-retries': '0' });
    assert.deepEqual(answers.map((each) => each.url), [`${url}/a2`, `${url}/b`, `${url}/c`]);
    assert.equal(new Set(answers.map((each) => each.messageId)).size, 3);
    for (const path of ['/a2', '/b', '/c']) {
      const arrived = await receiver.next(path);
      assert.equal(arrived.body, 'news');
      assert.equal(arrived.headers['upstash-topic-name'], 'shop');
    }
    await door.states(answers[0].messageId, 'DELIVERED');
    const [failed] = (await door.entries(answers[1].messageId, 'FAILED')).slice(-1);
    assert.equal(failed.topicName, 'shop');
    const [done] = await door.entries(answers[2].messageId, 'DELIVERED');
    assert.deepEqual([done.topicName, done.endpointName], ['shop', 'c']);
  });

  await claim('duplicates are told for each endpoint', async () => {
    const headers = { 'upstash-deduplication-id': `group-${Date.now()}` };
    const first = await door.call('POST', '/v2/publish/shop', { headers, body: '1' });
    const second = await door.call('POST', '/v2/publish/shop', { headers, body: '1' });
    assert.deepEqual([first.status, second.status], [200, 202]);
    assert.deepEqual(second.body, first.body.map((each) => ({ ...each, deduplicated: true })));
  });

  await claim("a group's default headers stand under those of each publish", async () => {
    await put('defaults', [{ url: `${url}/d` }]);
    await door.ok('PATCH', '/v2/topics/defaults', {
      body: { headers: { 'Upstash-Retries': '1', 'Upstash-Forward-X': ['default'], 'Upstash-Method': 'PUT' } },
    });
    const [answer] = await door.publish('defaults', 'x', { 'upstash-method': 'PATCH' });
    const arrived = await receiver.next('/d');
    assert.deepEqual([arrived.method, arrived.headers.x], ['PATCH', 'default']);
    assert.equal((await door.ok('GET', `/v2/messages/${answer.messageId}`)).maxRetries, 1);
    await door.refused(400, /Upstash-Retries/, 'PATCH', '/v2/topics/defaults', { body: { headers: { 'Upstash-Retries': 'x' } } });
    await door.refused(404, 'topic not found: nobody', 'PATCH', '/v2/topics/nobody', { body: { headers: {} } });
  });

  await claim('endpoints are removed by name or URL, and the group with the last', async () => {
    const remove = (endpoints) => door.ok('DELETE', '/v2/topics/shop/endpoints', { body: { endpoints } });
    assert.deepEqual(await remove([{ name: 'a' }]), {});
    await remove([{ url: `${url}/b` }]);
    assert.deepEqual((await door.ok('GET', '/v2/topics/shop')).endpoints, [{ name: 'c', url: `${url}/c` }]);
    await remove([{ name: 'c', url: `${url}/c` }]);
    await door.refused(404, 'topic not found: shop', 'GET', '/v2/topics/shop');
    await door.refused(404, /not found/, 'DELETE', '/v2/topics/shop/endpoints', { body: { endpoints: [{ name: 'c' }] } });
  });

  await claim('deleting a group that is not there is done as well', async () => {
    assert.deepEqual(await door.ok('DELETE', '/v2/topics/defaults'), {});
    assert.deepEqual(await door.ok('DELETE', '/v2/topics/defaults'), {});
    await door.refused(400, /^invalid destination url/, 'POST', '/v2/publish/defaults');
  });

  await claim('bad names, URLs and bodies are refused', async () => {
    const wrong = (path, body) => door.refused(400, /./, 'POST', `/v2/topics/${path}/endpoints`, { body });
    await wrong('a%20b', { endpoints: [{ url: `${url}/a` }] });
    await wrong('g', { endpoints: [{ url: 'ftp://a.example' }] });
    await wrong('g', { endpoints: [{ name: 'a' }] });
    await wrong('g', { endpoints: [] });
    await wrong('g', {});
    await wrong('g', '[');
    await door.refused(404, 'topic not found: g', 'GET', '/v2/topics/g');
  });
}
