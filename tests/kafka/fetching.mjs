// Reads by partition and offset, and offsets by time.
import assert from 'node:assert/strict';

export default async function fetching(claim, { log }) {
  const topic = await log.topic({ partitions: 2 });
  const other = await log.topic();
  await log.post('/produce', [
    { topic, partition: 0, value: 'a0', timestamp: 1000 },
    { topic, partition: 0, value: 'a1', timestamp: 3000 },
    { topic, partition: 0, value: 'a2', timestamp: 2000 },
    { topic, partition: 1, value: 'b0' },
    { topic: other, value: 'c0' },
  ]);
  const values = (records) => records.map((record) => record.value).join(' ');

  await claim('a fetch begins at its offset', async () => {
    assert.equal(values(await log.fetch(topic, 0, 0)), 'a0 a1 a2');
    assert.equal(values(await log.fetch(topic, 0, 2)), 'a2');
  });
  await claim('all seven fields are always there', async () => {
    const [record] = await log.fetch(other, 0, 0);
    assert.deepEqual(Object.keys(record), ['topic', 'partition', 'offset', 'timestamp', 'key', 'value', 'headers']);
    assert.deepEqual({ ...record, timestamp: 0 }, { topic: other, partition: 0, offset: 0, timestamp: 0, key: '', value: 'c0', headers: [] });
  });
  await claim('partition and offset are 0 unless named', async () => {
    assert.equal(values(await log.post('/fetch', { topic })), 'a0 a1 a2');
  });
  await claim('many positions are answered in their order, the one at the top first, each once', async () => {
    const list = [
      { topic: other, partition: 0, offset: 0 },
      { topic, partition: 1, offset: 0 },
      { topic: other, partition: 0, offset: 0 },
    ];
    assert.equal(values(await log.post('/fetch', { topicPartitionOffsets: list })), 'c0 b0');
    assert.equal(
      values(await log.post('/fetch', { topic, partition: 1, offset: 0, topicPartitionOffsets: list, timeout: 5 })),
      'b0 c0',
    );
  });
  await claim('GET and POST, any content type, a slash at the end', async () => {
    const body = JSON.stringify({ topic: other });
    for (const method of ['GET', 'POST']) {
      for (const path of ['/fetch', '/fetch/']) {
        for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain;charset=UTF-8']) {
          const { status, json } = await log.send({ method, path, body, headers: { 'content-type': type } });
          assert.equal(status, 200);
          assert.equal(values(json), 'c0');
        }
      }
    }
  });
  await claim('an answer has 500 records of a partition at most, and at least one however large', async () => {
    const long = await log.topic();
    for (let round = 0; round < 3; round += 1) {
      await log.post(`/produce/${long}`, Array.from({ length: 400 }, (_, i) => ({ value: String(round * 400 + i) })));
    }
    const first = await log.fetch(long);
    assert.equal(first.length, 500);
    assert.equal((await log.fetch(long, 0, first.at(-1).offset + 1)).length, 500);
    assert.equal((await log.fetch(long, 0, 1000)).length, 200);
    const large = await log.topic({ record_bytes_max: 3_000_000 });
    await log.produce(large, 'x'.repeat(2_500_000), 'y'.repeat(2_500_000));
    const records = await log.fetch(large);
    assert.equal(records.length, 1);
    assert.equal(records[0].value.length, 2_500_000);
  });
  await claim('who asks for what is before the log gets the log from its start, and is told', async () => {
    const later = await log.topic({ first_offset: 5 });
    await log.produce(later, 'first');
    const { json, headers } = await log.send({ path: '/fetch', body: JSON.stringify({ topic: later, offset: 2 }) });
    assert.equal(json[0].offset, 5);
    assert.equal(headers['kafka-log-start-offset'], '5');
    assert.equal(headers['kafka-offset-reset'], 'earliest');
  });
  await claim('records that have expired are gone, and the start of the log is told', async () => {
    const short = await log.topic({ retention_bytes: 100_000 });
    await log.post(`/produce/${short}`, Array.from({ length: 40 }, () => ({ value: 'x'.repeat(10_000) })));
    let start = 0;
    for (const deadline = Date.now() + 20_000; start === 0 && Date.now() < deadline; ) {
      start = (await log.post('/offsets/earliest', { topic: short, partition: 0 }))[0].offset;
    }
    assert.ok(start > 0);
    const { json, headers } = await log.send({ path: '/fetch', body: JSON.stringify({ topic: short }) });
    assert.equal(headers['kafka-offset-reset'], 'earliest');
    assert.ok(json[0].offset >= start);
    assert.equal(String(json[0].offset), headers['kafka-log-start-offset']);
  });
  await claim('what cannot be is refused', async () => {
    for (const [body, status] of [
      ['', 400],
      ['{', 400],
      ['{}', 400],
      ['[]', 400],
      ['{"topic":7}', 400],
      [`{"topic":"${topic}","offset":-1}`, 400],
      [`{"topic":"${topic}","partition":-1}`, 400],
      [`{"topic":"${topic}","offset":"1"}`, 400],
      [`{"topic":"${topic}","timeout":-5}`, 400],
      [`{"topic":"${topic}","timeout":"1s"}`, 400],
      ['{"topicPartitionOffsets":[]}', 400],
      ['{"topicPartitionOffsets":[{"partition":0}]}', 400],
      [`{"topic":"${topic}","partition":2}`, 404],
      [`{"topic":"${topic}","partition":99999999999}`, 404],
      ['{"topic":"there-is-none"}', 404],
      [`{"topic":"${topic}","topicPartitionOffsets":[{"topic":"there-is-none"}]}`, 404],
    ]) {
      await log.fails({ method: 'POST', path: '/fetch', body }, status);
    }
  });

  await claim('offsets: the start, the end, and by time', async () => {
    const at = async (time, partition = 0) =>
      (await log.post(`/offsets/${time}`, { topic, partition }))[0].offset;
    assert.equal(await at('earliest'), 0);
    assert.equal(await at('latest'), 3);
    assert.equal(await at('latest', 1), 1);
    assert.equal(await at(0), 0);
    assert.equal(await at(1001), 1);
    assert.equal(await at(2500), 1);
    assert.equal(await at(Date.now() + 10_000), 3);
    assert.equal(await at(Math.floor(Date.now() / 1000), 1), 0);
  });
  await claim('offsets are answered for each partition in its order', async () => {
    const asked = [{ topic: other, partition: 0 }, { topic, partition: 1 }, { topic, partition: 0 }];
    assert.deepEqual(await log.post('/offsets/latest?timeout=5000', asked), [
      { topic: other, partition: 0, offset: 1 },
      { topic, partition: 1, offset: 1 },
      { topic, partition: 0, offset: 3 },
    ]);
    assert.equal((await log.send({ method: 'GET', path: '/offsets/latest/', body: JSON.stringify(asked) })).json.length, 3);
  });
  await claim('offsets of what is not there are refused', async () => {
    await log.fails({ path: '/offsets/latest', body: '{"topic":"there-is-none","partition":0}' }, 404);
    await log.fails({ path: '/offsets/latest', body: `{"topic":"${topic}","partition":2}` }, 404);
    await log.fails({ path: '/offsets/yesterday', body: `{"topic":"${topic}"}` }, 400);
    await log.fails({ path: '/offsets/-1', body: `{"topic":"${topic}"}` }, 400);
    await log.fails({ path: '/offsets/latest' }, 400);
    await log.fails({ path: '/offsets' }, 404);
  });
}
