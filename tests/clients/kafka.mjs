// @upstash/kafka as its users have it, with nothing but URL, user name and password changed: what its README shows, and
// what its authors test.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Kafka, UpstashError } from '@upstash/kafka';

import { openLog } from '../kafka/log.mjs';
import { program, startServer } from './server.mjs';

// The settings that `millrace env` prints for an application.
async function settings(server) {
  const { stdout } = await promisify(execFile)(program, ['env', '--data', server.data, '--json']);
  return JSON.parse(stdout);
}

// The SDK tries six times, whatever is wrong, before it throws: 16 seconds.
const refused = (call, status, text) =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof UpstashError, error.stack);
    assert.equal(error.status, status);
    assert.match(error.error, text);
    return true;
  });

async function readme(claim, kafka, log) {
  const topic = await log.topic({ partitions: 4 });
  const another = await log.topic();
  const p = kafka.producer();

  await claim('produce a single message', async () => {
    const message = { hello: 'world' };
    const first = await p.produce(topic, message);
    assert.equal(first.topic, topic);
    const second = await p.produce(topic, message, {
      partition: 1,
      timestamp: 12345,
      key: '<custom key>',
      headers: [{ key: 'traceId', value: '85a9f12' }],
    });
    assert.deepEqual({ ...second, offset: 0 }, { topic, partition: 1, offset: 0, timestamp: 12345 });
  });
  await claim('produce multiple messages', async () => {
    const res = await p.produceMany([
      { topic, value: { hello: 'world' }, key: 'a', headers: [{ key: 'h', value: 'v' }] },
      { topic: another, value: 'another message' },
    ]);
    assert.deepEqual(res.map((at) => at.topic), [topic, another]);
    const c = kafka.consumer();
    const [message] = await c.fetch({ topic, partition: res[0].partition, offset: res[0].offset });
    assert.equal(message.key, 'a');
    assert.deepEqual(JSON.parse(message.value), { hello: 'world' });
    assert.deepEqual(message.headers, [{ key: 'h', value: 'v' }]);
  });
  await claim('consume', async () => {
    const c = kafka.consumer();
    const messages = await c.consume({
      consumerGroupId: 'group_1',
      instanceId: 'instance_1',
      topics: [another],
      autoOffsetReset: 'earliest',
    });
    assert.equal(messages[0].value, 'another message');
  });
  await claim('commit manually', async () => {
    const [consumerGroupId, instanceId] = ['mygroup', 'myinstance'];
    const c = kafka.consumer();
    const messages = await c.consume({
      consumerGroupId, instanceId, topics: [another], autoCommit: false, autoOffsetReset: 'earliest',
    });
    assert.ok(messages.length > 0);
    for (const message of messages) {
      await c.commit({
        consumerGroupId,
        instanceId,
        offset: { topic: message.topic, partition: message.partition, offset: message.offset },
      });
    }
    await c.commit({ consumerGroupId, instanceId });
    const [committed] = await c.committed({ consumerGroupId, instanceId, topicPartitions: [{ topic: another, partition: 0 }] });
    assert.equal(committed.offset, messages.at(-1).offset + 1);
  });
  await claim('fetch', async () => {
    const c = kafka.consumer();
    assert.deepEqual(await c.fetch({ topic, partition: 3, offset: 42, timeout: 1000 }), []);
  });
}

// The cases of the SDK's own suite.
async function suite(claim, kafka, log) {
  const [red, green] = [await log.topic(), await log.topic()];
  const [p, c, admin] = [kafka.producer(), kafka.consumer(), kafka.admin()];
  const fetchOne = async ({ topic, partition, offset }) => (await c.fetch({ topic, partition, offset }))[0];
  let names = 0;
  const fresh = (name) => `${name}-${process.pid}-${(names += 1)}`;
  const untilFound = async (request, value) => {
    for (let polls = 0; polls < 30; polls += 1) {
      const messages = await c.consume(request);
      if (messages.some((message) => message.value === value)) return messages;
    }
    return assert.fail('the message was not found within 30 polls');
  };

  await claim('objects, strings and headers are found where they were put', async () => {
    const object = await p.produce(red, { hello: 'test' });
    assert.deepEqual(JSON.parse((await fetchOne(object)).value), { hello: 'test' });
    const string = await p.produce(red, 'hello world');
    assert.equal((await fetchOne(string)).value, 'hello world');
    const headers = [{ key: fresh('key'), value: fresh('value') }];
    const withHeader = await p.produce(red, 'v', { headers });
    assert.deepEqual((await fetchOne(withHeader)).headers, headers);
    assert.equal((await fetchOne(await p.produce(red, null))).value, 'null');
  });
  await claim('many over two topics, with keys, are fetched in their order', async () => {
    const messages = [red, green].map((topic) => ({ topic, value: fresh('value'), key: fresh('key') }));
    const places = await p.produceMany(messages);
    const got = await c.fetch({
      topicPartitionOffsets: places.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    });
    assert.deepEqual(got.map(({ topic, key, value }) => ({ topic, value, key })), messages);
    const [first, second] = places;
    const both = await c.fetch({ ...first, topicPartitionOffsets: [{ ...second }] }, { parallel: false });
    assert.deepEqual(both.map(({ topic }) => topic), [red, green]);
  });
  await claim('a consumer from the earliest finds a message, of one topic and of two', async () => {
    const value = fresh('value');
    await p.produce(green, value);
    const consumerGroupId = fresh('group');
    const request = { consumerGroupId, instanceId: 'i', topics: [green], autoOffsetReset: 'earliest' };
    await untilFound(request, value);
    const values = [fresh('value'), fresh('value')];
    await p.produceMany([{ topic: red, value: values[0] }, { topic: green, value: values[1] }]);
    const found = new Set();
    const two = { consumerGroupId: fresh('group'), instanceId: 'i', topics: [red, green], autoOffsetReset: 'earliest' };
    for (let polls = 0; polls < 30 && !values.every((one) => found.has(one)); polls += 1) {
      for (const message of await c.consume(two)) found.add(message.value);
    }
    assert.ok(values.every((one) => found.has(one)));
  });
  await claim('what is committed is what was committed', async () => {
    const consumerGroupId = fresh('group');
    const place = await p.produce(red, 'v');
    await untilFound({ consumerGroupId, instanceId: 'i', topics: [red], autoCommit: false, autoOffsetReset: 'earliest' }, 'v');
    const topicPartitions = [{ topic: red, partition: 0 }];
    const [before] = await c.committed({ consumerGroupId, instanceId: 'i', topicPartitions });
    await c.commit({ consumerGroupId, instanceId: 'i', offset: { topic: red, partition: 0, offset: place.offset } });
    const [after] = await c.committed({ consumerGroupId, instanceId: 'i', topicPartitions });
    assert.notEqual(before.offset, after.offset);
    assert.equal(after.offset, place.offset);
    await c.commit({ consumerGroupId, instanceId: 'i', offset: [{ topic: red, partition: 0, offset: 1 }] });
    assert.equal((await c.committed({ consumerGroupId, instanceId: 'i', topicPartitions }))[0].offset, 1);
  });
  await claim('an admin sees topics, consumers and offsets', async () => {
    assert.equal((await admin.topics())[red], 1);
    const [consumerGroupId, instanceId] = [fresh('group'), fresh('instance')];
    await c.consume({ consumerGroupId, instanceId, topics: [red], autoOffsetReset: 'earliest' });
    const group = (await admin.consumers()).find(({ name }) => name === consumerGroupId);
    const instance = group.instances.find(({ name }) => name === instanceId);
    assert.deepEqual(instance.topics.map(({ topic }) => topic), [red]);
    for (const topicPartitions of [[red], [red, green]].map((topics) => topics.map((topic) => ({ topic, partition: 0 })))) {
      const committed = await admin.committedOffsets({ consumerGroupId, instanceId, topicPartitions });
      assert.equal(committed.length, topicPartitions.length);
      assert.ok(committed.every(({ offset }) => typeof offset === 'number'));
    }
    assert.equal((await admin.committedOffsets({ consumerGroupId, instanceId, topicPartition: { topic: red, partition: 0 } })).length, 1);
    for (const timestamp of ['earliest', 'latest', Math.floor(Date.now() / 1000) - 1000]) {
      const [at] = await admin.topicPartitionOffsets({ timestamp, topicPartition: { topic: red, partition: 0 } });
      assert.equal(typeof at.offset, 'number');
    }
    await admin.removeConsumerInstance(consumerGroupId, instanceId);
    assert.equal((await admin.consumers()).find(({ name }) => name === consumerGroupId), undefined);
  });
}

export default async function kafka(claim) {
  const server = await startServer({ options: ['--quiet'] });
  const log = await openLog(server);
  const env = await settings(server);
  const connect = (password) =>
    new Kafka({ url: env.UPSTASH_KAFKA_REST_URL, username: env.UPSTASH_KAFKA_REST_USERNAME, password });
  const client = connect(env.UPSTASH_KAFKA_REST_PASSWORD);
  const told = (text, check) => claim(`@upstash/kafka: ${text}`, check);

  await readme((text, check) => told(`README: ${text}`, check), client, log);
  await suite(told, client, log);
  await told('what is wrong is thrown as its error', async () => {
    const topic = await log.topic();
    await Promise.all([
      refused(connect('wrong').producer().produce(topic, 'v'), 401, /Unauthorized/),
      refused(client.producer().produce('there-is-none', 'v'), 404, /there-is-none/),
      refused(client.producer().produce(topic, undefined), 400, /value/),
      refused(client.admin().removeConsumerInstance('no-group', 'no-instance'), 404, /no-group|no-instance/),
    ]);
  });
  await told('the server stops well', () => server.stop());
}
