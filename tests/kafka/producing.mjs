// Produce by body and by webhook.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';

import { basic } from './log.mjs';

export default async function producing(claim, { log }) {
  const topic = await log.topic({ partitions: 3 });
  const other = await log.topic();

  await claim('one record as an object answers an array of one', async () => {
    const before = Date.now();
    const answer = await log.post('/produce', { topic: other, value: 'one' });
    assert.equal(answer.length, 1);
    assert.deepEqual(Object.keys(answer[0]), ['topic', 'partition', 'offset', 'timestamp']);
    assert.equal(answer[0].topic, other);
    assert.equal(answer[0].partition, 0);
    assert.equal(answer[0].offset, 0);
    assert.ok(answer[0].timestamp >= before && answer[0].timestamp <= Date.now());
  });
  await claim('several over two topics are answered in their order', async () => {
    const records = [
      { topic, key: 'customer-1', value: '{"n":1}', headers: [{ key: 'trace', value: '7f' }] },
      { topic: other, partition: 0, timestamp: 1731000000000, value: 'login' },
      { topic, partition: 2, value: 'third' },
      { topic: other, value: 'fourth' },
    ];
    const answer = await log.post('/produce', records);
    assert.deepEqual(answer.map((at) => at.topic), [topic, other, topic, other]);
    assert.equal(answer[1].timestamp, 1731000000000);
    assert.equal(answer[2].partition, 2);
    assert.equal(answer[3].offset, answer[1].offset + 1);
    const [record] = await log.fetch(topic, answer[0].partition, answer[0].offset);
    assert.deepEqual(record, { ...answer[0], key: 'customer-1', value: '{"n":1}', headers: [{ key: 'trace', value: '7f' }] });
  });
  await claim('the path names the topic, whatever the body says', async () => {
    const [first, second] = await log.post(`/produce/${other}`, [{ value: 'a', topic: 'elsewhere' }, { value: 'b' }]);
    assert.equal(first.topic, other);
    assert.equal(second.offset, first.offset + 1);
    assert.equal((await log.post(`/produce/${other}/`, { value: 'slash' }))[0].offset, second.offset + 1);
  });
  await claim('GET takes a body as POST does, and no content type matters', async () => {
    const body = JSON.stringify({ topic: other, value: 'v' });
    for (const method of ['GET', 'POST']) {
      for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain;charset=UTF-8', undefined]) {
        const { status, json } = await log.send({
          method,
          path: '/produce',
          body,
          headers: type ? { 'content-type': type } : {},
        });
        assert.equal(status, 200, `${method} ${type}`);
        assert.equal(json[0].topic, other);
      }
    }
  });
  await claim('one comma too many is borne', async () => {
    assert.equal((await log.post('/produce', `[{"topic":"${other}","value":"a",},\n]`)).length, 1);
    await log.fails({ path: '/produce', body: `[{"topic":"${other}","value":"a"},,]` }, 400);
  });
  await claim('values that are no strings become their text, null a tombstone', async () => {
    const answer = await log.post(`/produce/${other}`, [
      { value: 17 }, { value: 1.5 }, { value: true }, { value: '' }, { value: null }, { value: 'null' },
    ]);
    const records = await log.fetch(other, 0, answer[0].offset);
    assert.deepEqual(records.map((record) => record.value), ['17', '1.5', 'true', '', null, 'null']);
  });
  await claim('a missing key is told as an empty one', async () => {
    const [at] = await log.post('/produce', [{ topic: other, value: 'a' }, { topic: other, value: 'b', key: '' }]);
    const records = await log.fetch(other, 0, at.offset);
    assert.deepEqual(records.map((record) => record.key), ['', '']);
  });
  await claim('headers keep their order and repetitions', async () => {
    const headers = [{ key: 'a', value: '1' }, { key: 'a', value: '2' }, { key: 'ä', value: '' }];
    const [at] = await log.post('/produce', { topic: other, value: 'v', headers });
    assert.deepEqual((await log.fetch(other, 0, at.offset))[0].headers, headers);
  });
  await claim('awkward texts come back as they went', async () => {
    const values = ['"quotes" and \\ and \n\t\u0000', '100% done %20 %', 'ä € 😀 \u2028', '{"a":[1,2]}', 'a'.repeat(100_000)];
    const [at] = await log.produce(other, ...values);
    assert.deepEqual((await log.fetch(other, 0, at.offset)).map((record) => record.value), values);
  });
  await claim('half a pair of surrogates becomes a replacement', async () => {
    const [at] = await log.post('/produce', `{"topic":"${other}","value":"a\\ud83d"}`);
    assert.equal((await log.fetch(other, 0, at.offset))[0].value, 'a\ufffd');
  });
  await claim('keys go where Kafka puts them', async () => {
    const places = new Map([[3, [['foobar', 0], ['abc', 0]]], [12, [['foobar', 6], ['abc', 3]]]]);
    for (const [partitions, keys] of places) {
      const name = await log.topic({ partitions });
      for (const [key, partition] of keys) {
        assert.equal((await log.post('/produce', { topic: name, key, value: 'v' }))[0].partition, partition);
      }
    }
  });
  await claim('a timestamp of 1970 is kept and answered', async () => {
    const [at] = await log.post('/produce', { topic: other, value: 'old', timestamp: 12345 });
    assert.equal(at.timestamp, 12345);
    assert.equal((await log.fetch(other, 0, at.offset))[0].timestamp, 12345);
  });
  await claim('an empty array appends nothing', async () => {
    assert.deepEqual(await log.post('/produce', []), []);
  });
  await claim('a request with one bad record appends none', async () => {
    const end = async () => (await log.post('/offsets/latest', { topic: other, partition: 0 }))[0].offset;
    const before = await end();
    const good = { topic: other, value: 'good' };
    const bad = [
      [{ topic: other }, 400, /Record 1: 'value' is missing/],
      [{ topic: other, value: {} }, 400, /Record 1/],
      [{ topic: other, value: 'v', partition: 1 }, 400, /partition/],
      [{ topic: other, value: 'v', partition: -1 }, 400, /partition/],
      [{ topic: other, value: 'v', partition: 'x' }, 400, /partition/],
      [{ topic: other, value: 'v', timestamp: 'now' }, 400, /timestamp/],
      [{ topic: other, value: 'v', headers: { a: 1 } }, 400, /headers/],
      [{ topic: 'there-is-none', value: 'v' }, 404, /there-is-none/],
      [{ topic: other, value: 'x'.repeat(1_100_000) }, 413, /larger/],
      [{ value: 'v' }, 400, /topic/],
      ['text', 400, /object/],
    ];
    for (const [record, status, text] of bad) {
      await log.fails({ path: '/produce', body: JSON.stringify([good, record, good]) }, status, text);
    }
    assert.equal(await end(), before);
  });
  await claim('a topic whose records may be large takes them', async () => {
    const large = await log.topic({ record_bytes_max: 30_000_000 });
    const value = 'x"'.repeat(12_000_000);
    const [{ offset }] = await log.post('/produce', { topic: large, value });
    assert.equal((await log.fetch(large, 0, offset))[0].value, value);
    await log.admin('topics', { do: 'delete', name: large });
  });
  await claim('a topic that is compacted takes no record without key', async () => {
    const compact = await log.topic({ cleanup: 'compact' });
    await log.fails({ path: '/produce', body: JSON.stringify({ topic: compact, value: 'v' }) }, 400);
    await log.post('/produce', { topic: compact, key: 'k', value: 'v' });
  });
  await claim('a client that goes before its answer has produced once or not at all', async () => {
    const [lost] = [await log.topic()];
    const send = async (value, headers) => {
      const body = JSON.stringify({ value });
      const socket = connect(log.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `POST /kafka/produce/${lost} HTTP/1.1\r\nHost: h\r\nAuthorization: ${basic(log.pair)}\r\n${headers}` +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
        () => socket.destroy(),
      );
      await once(socket, 'close');
    };
    for (let i = 0; i < 30; i += 1) await send(`plain-${i}`, '');
    for (let i = 0; i < 30; i += 1) {
      for (let times = 0; times < 3; times += 1) await send(`named-${i % 10}`, `Event-Id: named-${i % 10}\r\n`);
    }
    for (let i = 0; i < 10; i += 1) await log.post(`/produce/${lost}`, { value: `named-${i}`, id: `named-${i}` });
    const values = (await log.fetch(lost)).map(({ value }) => value);
    assert.equal(new Set(values).size, values.length);
    assert.equal(values.filter((value) => value.startsWith('named-')).length, 10);
  });
  await claim('a webhook takes the body byte for byte and the headers that are the event\'s', async () => {
    const path = `/webhook?topic=${other}&user=${log.pair.username}&pass=${encodeURIComponent(log.pair.password)}`;
    const { json } = await log.as(undefined).send({
      path,
      body: 'paid 42, "ä" ]',
      headers: { 'event-origin': 'shop', 'X-Hub-Signature-256': 'sha256=ab', 'user-agent': 'hook/1', 'x-forwarded-for': '1.2.3.4' },
    });
    assert.equal(json.topic, other);
    const [record] = await log.fetch(other, 0, json.offset);
    assert.equal(record.value, 'paid 42, "ä" ]');
    assert.equal(record.key, '');
    assert.deepEqual(record.headers, [
      { key: 'event-origin', value: 'shop' },
      { key: 'x-hub-signature-256', value: 'sha256=ab' },
    ]);
    const { json: empty } = await log.send({ method: 'POST', path: `/webhook?topic=${other}`, body: '' });
    assert.equal((await log.fetch(other, 0, empty.offset))[0].value, '');
  });
  await claim('the topics and their partitions are listed', async () => {
    const all = await log.topics();
    assert.equal(all[topic], 3);
    assert.equal(all[other], 1);
  });
}
