// What event sourcing needs beyond: expected versions, ids, the records of a key, checkpoints.
import assert from 'node:assert/strict';

export default async function events(claim, { log }) {
  const topic = await log.topic({ partitions: 3 });
  const append = (record, headers) => log.send({ path: `/produce/${topic}`, body: JSON.stringify(record), headers });

  await claim('an append that expects a version happens at that version only', async () => {
    const first = await append({ key: 'cart-7', value: 'made', expectedVersion: 'none' });
    assert.equal(first.json[0].version, 1);
    assert.equal((await append({ key: 'cart-7', value: 'filled', expectedVersion: 1 })).json[0].version, 2);
    assert.equal((await append({ key: 'cart-7', value: 'paid', expectedVersion: 'exists' })).json[0].version, 3);
    for (const expectedVersion of [1, 'none']) {
      const refused = await append({ key: 'cart-7', value: 'x', expectedVersion });
      assert.equal(refused.status, 412);
      assert.equal(refused.json.status, 412);
      assert.match(refused.json.error, /is at version 3/);
      assert.equal(refused.headers['current-version'], '3');
    }
    const absent = await append({ key: 'cart-8', value: 'x' }, { 'expected-version': '1' });
    assert.equal(absent.status, 412);
    assert.equal(absent.headers['current-version'], '0');
  });
  await claim('the header says it for a single record', async () => {
    const made = await append({ key: 'cart-9', value: 'made' }, { 'expected-version': 'none' });
    assert.equal(made.json[0].version, 1);
    assert.equal((await append({ key: 'cart-9', value: 'x' }, { 'expected-version': 'none' })).status, 412);
    const path = await log.send({ path: `/produce/${topic}/filled?key=cart-9`, headers: { 'expected-version': '1' } });
    assert.equal(path.json.version, 2);
    assert.equal((await append([{ key: 'a', value: 'x' }, { key: 'b', value: 'x' }], { 'expected-version': '1' })).status, 400);
    assert.equal((await append({ key: 'a', value: 'x' }, { 'expected-version': 'some' })).status, 400);
    assert.equal((await append({ value: 'x' }, { 'expected-version': '0' })).status, 400);
  });
  await claim('of many who append at one version one wins', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => append({ key: 'race', value: String(i), expectedVersion: 0 })),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 412).length, 29);
  });
  await claim('a batch with one version that is not met appends nothing', async () => {
    const refused = await append([{ key: 'new', value: 'x' }, { key: 'race', value: 'x', expectedVersion: 0 }]);
    assert.equal(refused.status, 412);
    assert.equal(refused.headers['current-version'], '1');
    assert.deepEqual(await log.get(`/records/${topic}?key=new`), []);
  });
  await claim('a repeat by id answers what the first one did', async () => {
    const event = { key: 'cart-10', value: 'made', id: 'event-1', expectedVersion: 'none' };
    const first = await append(event);
    assert.deepEqual((await append(event)).json, first.json);
    assert.deepEqual((await append({ key: 'cart-10', value: 'made' }, { 'event-id': 'event-1' })).json, first.json);
    assert.equal((await log.get(`/records/${topic}?key=cart-10`)).length, 1);
  });
  await claim('a repeat of a whole request by its key appends nothing', async () => {
    const batch = [{ key: 'b', value: '1' }, { value: '2', partition: 0 }, { key: 'b', value: '3' }];
    const headers = { 'idempotency-key': 'request-1' };
    const first = await append(batch, headers);
    assert.deepEqual((await append(batch, headers)).json, first.json);
    assert.equal((await log.get(`/records/${topic}?key=b`)).length, 2);
    const one = await log.send({ path: `/produce/${topic}/x?key=one`, headers: { 'idempotency-key': 'r-2' } });
    assert.deepEqual((await log.send({ path: `/produce/${topic}/x?key=one`, headers: { 'idempotency-key': 'r-2' } })).json, one.json);
  });
  await claim('the records of a key are read by version, forward and backward', async () => {
    const versions = async (query) => (await log.get(`/records/${topic}?key=cart-7${query}`)).map(({ version }) => version);
    assert.deepEqual(await versions(''), [1, 2, 3]);
    assert.deepEqual(await versions('&from=2'), [2, 3]);
    assert.deepEqual(await versions('&limit=1'), [1]);
    assert.deepEqual(await versions('&backward=true'), [3, 2, 1]);
    assert.deepEqual(await versions('&backward=true&from=2&limit=1'), [2]);
    assert.deepEqual(await versions('&from=4'), []);
    const [record] = await log.get(`/records/${topic}?key=cart-7`);
    assert.deepEqual(Object.keys(record), ['topic', 'partition', 'offset', 'timestamp', 'version', 'key', 'value', 'headers']);
    assert.deepEqual(await log.get(`/records/${topic}?key=unknown`), []);
  });
  await claim('a read of a key that cannot be is refused', async () => {
    await log.fails({ path: `/records/${topic}` }, 400, /key/);
    await log.fails({ path: `/records/${topic}?key=k&from=x` }, 400);
    await log.fails({ path: `/records/${topic}?key=k&limit=-1` }, 400);
    await log.fails({ path: '/records/there-is-none?key=k' }, 404);
  });

  const put = (name, body, headers) => log.send({ method: 'PUT', path: `/checkpoints/${name}`, body: JSON.stringify(body), headers });
  await claim('a checkpoint is kept by its name', async () => {
    await log.fails({ path: '/checkpoints/mail' }, 404);
    const set = await put('mail', { offset: 17 });
    assert.deepEqual(set.json, { name: 'mail', offset: 17 });
    assert.deepEqual(await log.get('/checkpoints/mail/'), { name: 'mail', offset: 17 });
    const of = await put('report', { offset: 1, topic, partition: 2 });
    assert.deepEqual(of.json, { name: 'report', offset: 1, topic, partition: 2 });
  });
  await claim('If-Match sets it only where it is expected', async () => {
    assert.equal((await put('mail', { offset: 18 }, { 'if-match': '17' })).status, 200);
    const refused = await put('mail', { offset: 19 }, { 'if-match': '17' });
    assert.equal(refused.status, 412);
    assert.deepEqual({ ...refused.json, error: '' }, { error: '', status: 412, name: 'mail', offset: 18 });
    assert.equal((await put('mail', { offset: 1 }, { 'if-none-match': '*' })).status, 412);
    assert.equal((await put('fresh', { offset: 1 }, { 'if-none-match': '*' })).status, 200);
    assert.equal((await put('other', { offset: 1 }, { 'if-match': '0' })).status, 412);
    const answers = await Promise.all(Array.from({ length: 20 }, () => put('mail', { offset: 100 }, { 'if-match': '"18"' })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  });
  await claim('a checkpoint is deleted', async () => {
    await log.fails({ method: 'DELETE', path: '/checkpoints/mail', headers: { 'if-match': '5' } }, 412);
    const { json } = await log.send({ method: 'DELETE', path: '/checkpoints/mail' });
    assert.deepEqual(json, { result: 'Success', status: 200 });
    await log.fails({ path: '/checkpoints/mail' }, 404);
  });
  await claim('a checkpoint that cannot be is refused', async () => {
    for (const body of [{}, { offset: -1 }, { offset: 'x' }, { offset: 1, topic: 7 }, []]) {
      assert.equal((await put('bad', body)).status, 400, JSON.stringify(body));
    }
    assert.equal((await put('bad', { offset: 1 }, { 'if-match': 'x' })).status, 400);
    await log.fails({ path: '/checkpoints/bad' }, 404);
  });
}
