// @upstash/qstash as its users have it, of 2023 (0.3.6) and of today, against a receiver that checks what arrives.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Client, Receiver } from '@upstash/qstash';
import { Redis } from '@upstash/redis';
import { Client as Client2023, Receiver as Receiver2023 } from 'qstash-2023';
import { Webhook } from 'standardwebhooks';

import { startReceiver } from '../qstash/receiver.mjs';
import { untilSo } from '../qstash/door.mjs';
import { graphql, program, startServer } from './server.mjs';

const settingsOf = async (server) =>
  JSON.parse((await promisify(execFile)(program, ['env', '--data', server.data, '--json'])).stdout);

const signatureOf = (request) => ({ signature: request.headers['upstash-signature'], body: request.body });

async function of2023(claim, { server, receiver, settings }) {
  const client = new Client2023({ token: settings.QSTASH_TOKEN, baseUrl: server.url });
  const verifier = new Receiver2023({
    currentSigningKey: settings.QSTASH_CURRENT_SIGNING_KEY,
    nextSigningKey: settings.QSTASH_NEXT_SIGNING_KEY,
  });
  const { url } = receiver;

  await claim('0.3.6 publishes to a URL, as text and as JSON, and verifies what arrives', async () => {
    const { messageId } = await client.publish({ url: `${url}/text`, body: 'Hello' });
    const text = await receiver.next('/text');
    assert.equal(text.body, 'Hello');
    assert.equal(text.headers['content-type'], 'text/plain;charset=UTF-8');
    assert.equal(text.headers['upstash-message-id'], messageId);
    assert.equal(await verifier.verify(signatureOf(text)), true);
    await client.publishJSON({ url: `${url}/json`, body: { a: 1 }, retries: 1, delay: 1 });
    const json = await receiver.next('/json');
    assert.deepEqual([json.body, json.headers['content-type']], ['{"a":1}', 'application/json']);
    assert.equal(await verifier.verify({ ...signatureOf(json), url: `${url}/json` }), true);
    await assert.rejects(verifier.verify({ ...signatureOf(json), body: '{"a":2}' }));
  });

  await claim('0.3.6 makes topics and endpoints, and publishes to them', async () => {
    const topic = await client.topics.create({ name: 'orders' });
    assert.equal(topic.name, 'orders');
    const endpoint = await client.endpoints.create({ topicName: 'orders', url: `${url}/orders` });
    assert.equal(endpoint.url, `${url}/orders`);
    assert.deepEqual((await client.topics.get({ name: 'orders' })).endpointIds, [endpoint.id]);
    assert.equal((await client.topics.get({ id: topic.id })).id, topic.id);
    assert.equal((await client.topics.list()).length, 1);
    assert.equal((await client.endpoints.list()).length, 1);
    const { messageId } = await client.publish({
      topic: 'orders', body: '0.6653261770021026', headers: { content: 'application/json' },
    });
    const arrived = await receiver.next('/orders');
    assert.equal(arrived.body, '0.6653261770021026');
    assert.equal(arrived.headers['upstash-message-id'], messageId);
    assert.equal(await verifier.verify(signatureOf(arrived)), true);
    assert.equal((await client.endpoints.update({ id: endpoint.id, url: `${url}/other` })).url, `${url}/other`);
    await client.publish({ topic: topic.id, body: 'x' });
    await receiver.next('/other');
  });

  await claim('0.3.6 reads, lists and cancels messages', async () => {
    const { messageId } = await client.publish({ url: `${url}/w`, body: 'x', delay: 3600, headers: { 'Upstash-Forward-a': 'b' } });
    const message = await client.messages.get({ id: messageId });
    assert.deepEqual([message.url, message.body, message.header.A], [`${url}/w`, 'x', ['b']]);
    assert.ok((await client.messages.list()).messages.some((each) => each.messageId === messageId));
    assert.equal((await client.messages.tasks({ id: messageId })).tasks[0].url, `${url}/w`);
    await client.messages.delete({ id: messageId });
    const { logs } = await client.messages.logs({ id: messageId });
    assert.ok(logs.some((entry) => entry.state === 'canceled'));
    assert.ok((await client.logs()).logs.length > 3);
  });

  await claim('0.3.6 gets one delivery for one deduplication id', async () => {
    const first = await client.publish({ url: `${url}/once`, body: '1', deduplicationId: 'v1-once' });
    const second = await client.publish({ url: `${url}/once`, body: '2', deduplicationId: 'v1-once' });
    assert.equal(second.messageId, first.messageId);
    const other = await client.publish({ url: `${url}/same`, body: 's', contentBasedDeduplication: true });
    assert.equal((await client.publish({ url: `${url}/same`, body: 's', contentBasedDeduplication: true })).messageId, other.messageId);
    assert.equal((await receiver.next('/once')).body, '1');
  });

  await claim('0.3.6 gets its callback, and makes schedules', async () => {
    await client.publish({ url: `${url}/work`, body: 'x', callback: `${url}/done` });
    const told = await receiver.next('/done');
    assert.equal(await verifier.verify(signatureOf(told)), true);
    assert.equal(Buffer.from(JSON.parse(told.body).body, 'base64').toString(), 'ok');
    const { scheduleId } = await client.publish({ topic: 'orders', body: 'x', cron: '0 0 1 1 *' });
    const schedule = await client.schedules.get({ id: scheduleId });
    assert.deepEqual([schedule.cron, schedule.destination.topic.name], ['0 0 1 1 *', 'orders']);
    assert.equal((await client.schedules.list()).length, 1);
    await client.schedules.delete({ id: scheduleId });
    await client.topics.delete({ name: 'orders' });
    assert.deepEqual(await client.topics.list(), []);
  });

  await claim('0.3.6 is told what is wrong', async () => {
    await assert.rejects(client.publish({ topic: 'nobody', body: 'x' }), /endpoint has invalid scheme/);
    const stranger = new Client2023({ token: 'wrong', baseUrl: server.url, retry: false });
    await assert.rejects(stranger.publish({ url, body: 'x' }), /invalid token/);
  });
}

async function ofToday(claim, { server, receiver, settings }) {
  const client = new Client({ token: settings.QSTASH_TOKEN, baseUrl: server.url });
  const verifier = new Receiver({
    currentSigningKey: settings.QSTASH_CURRENT_SIGNING_KEY,
    nextSigningKey: settings.QSTASH_NEXT_SIGNING_KEY,
  });
  const { url } = receiver;
  const verified = (request) => verifier.verify({ ...signatureOf(request), url: url + request.path });
  const finished = (messageId) =>
    untilSo(async () => {
      const { logs } = await client.logs({ filter: { messageId } });
      return logs.some((entry) => ['DELIVERED', 'FAILED', 'CANCELED'].includes(entry.state)) && logs;
    }, `${messageId} is finished`);

  await claim('2.12.0 publishes with all that can be said, and verifies what arrives', async () => {
    const { messageId } = await client.publishJSON({
      url: `${url}/v2?a=1`, body: { n: 1 }, method: 'PUT', headers: { 'x-mine': '1' }, retries: 2, timeout: '10s', label: 'first',
      retryDelay: '1000',
    });
    const arrived = await receiver.next('/v2');
    assert.deepEqual([arrived.method, arrived.body, arrived.headers['x-mine']], ['PUT', '{"n":1}', '1']);
    assert.equal(await verified(arrived), true);
    const message = await client.messages.get(messageId);
    assert.deepEqual([message.maxRetries, message.label, message.retryDelayExpression], [2, 'first', '1000']);
    const logs = await finished(messageId);
    assert.deepEqual(logs.map((entry) => entry.state), ['DELIVERED', 'ACTIVE', 'CREATED']);
  });

  await claim('2.12.0 sends batches, to URLs, groups and queues', async () => {
    await client.urlGroups.addEndpoints({ name: 'team', endpoints: [{ name: 'a', url: `${url}/a` }, { url: `${url}/b` }] });
    assert.deepEqual((await client.urlGroups.get('team')).endpoints.length, 2);
    const answers = await client.batchJSON([
      { url: `${url}/batched`, body: { n: 1 } },
      { urlGroup: 'team', body: { n: 2 } },
      { url: `${url}/queued`, queueName: 'jobs', body: { n: 3 }, delay: 1 },
    ]);
    assert.equal(answers[1].length, 2);
    for (const path of ['/batched', '/a', '/b', '/queued']) assert.equal(await verified(await receiver.next(path)), true);
    assert.ok((await client.urlGroups.list()).some((each) => each.name === 'team'));
    await client.urlGroups.removeEndpoints({ name: 'team', endpoints: [{ name: 'a' }] });
    const [one] = await client.publish({ urlGroup: 'team', body: 'x' });
    assert.equal(one.url, `${url}/b`);
    await client.urlGroups.delete('team');
  });

  await claim('2.12.0 has queues in order, paused and resumed', async () => {
    const queue = client.queue({ queueName: 'mail' });
    await queue.upsert({ parallelism: 1, paused: true });
    for (const n of [1, 2, 3]) await queue.enqueueJSON({ url: `${url}/mail`, body: { n } });
    assert.deepEqual((({ lag, paused }) => [lag, paused])(await queue.get()), [3, true]);
    await queue.resume();
    const got = [];
    for (let i = 0; i < 3; i += 1) got.push((await receiver.next('/mail')).body);
    assert.deepEqual(got, ['{"n":1}', '{"n":2}', '{"n":3}']);
    await untilSo(async () => (await queue.get()).lag === 0);
    await queue.pause();
    assert.ok((await queue.list()).some((each) => each.name === 'mail' && each.paused));
    await queue.delete();
    await assert.rejects(queue.get(), /queue not found/);
  });

  await claim('2.12.0 makes, pauses, resumes and deletes schedules', async () => {
    const { scheduleId } = await client.schedules.create({
      destination: `${url}/s`, cron: ' CRON_TZ=Europe/Berlin 0 9 * * 1 ', body: 'x', headers: { a: 'b' }, retries: 1, delay: '10s',
    });
    const schedule = await client.schedules.get(scheduleId);
    assert.deepEqual(
      [schedule.cron, schedule.delay, schedule.header, schedule.isPaused],
      ['CRON_TZ=Europe/Berlin 0 9 * * 1', 10, { A: ['b'], 'Content-Type': ['application/json'] }, false],
    );
    await client.schedules.pause({ schedule: scheduleId });
    assert.equal((await client.schedules.get(scheduleId)).isPaused, true);
    await client.schedules.resume({ schedule: scheduleId });
    await client.schedules.delete(scheduleId);
    assert.deepEqual(await client.schedules.list(), []);
    await assert.rejects(client.schedules.create({ destination: url, cron: '* *' }), /invalid cron/);
  });

  await claim('2.12.0 reads dead letters, sends them again and deletes them', async () => {
    receiver.answer('/dead', () => ({ status: 500, body: 'no' }));
    const ids = [];
    for (let i = 0; i < 3; i += 1) {
      const { messageId } = await client.publish({ url: `${url}/dead`, body: 'x', retries: 0, label: 'dead' });
      await finished(messageId);
      ids.push(messageId);
    }
    const { messages } = await client.dlq.listMessages({ filter: { label: 'dead' } });
    assert.deepEqual(messages.map((each) => each.messageId), ids);
    assert.deepEqual([messages[0].responseStatus, messages[0].responseBody], [500, 'no']);
    receiver.answer('/dead', () => ({}));
    const { responses } = await client.dlq.retry(messages[0].dlqId);
    assert.ok((await finished(responses[0].messageId)).some((entry) => entry.state === 'DELIVERED'));
    await client.dlq.delete(messages[1].dlqId);
    await assert.rejects(client.dlq.delete(messages[1].dlqId), /not found/);
    assert.equal((await client.dlq.deleteMany({ dlqIds: [messages[2].dlqId] })).deleted, 1);
  });

  await claim('2.12.0 gets callbacks and failure callbacks', async () => {
    receiver.answer('/fails', () => ({ status: 500 }));
    await client.publish({
      url: `${url}/fails`, body: 'x', retries: 0, callback: `${url}/told`, failureCallback: `${url}/failed`,
    });
    for (const path of ['/told', '/failed']) {
      const told = await receiver.next(path);
      assert.equal(await verified(told), true);
      assert.equal(JSON.parse(told.body).status, 500);
    }
  });

  await claim('2.12.0 deduplicates, cancels and controls the flow', async () => {
    const first = await client.publish({ url: `${url}/once`, body: 'x', deduplicationId: 'v2-once' });
    const second = await client.publish({ url: `${url}/once`, body: 'x', deduplicationId: 'v2-once' });
    assert.deepEqual([second.messageId, second.deduplicated], [first.messageId, true]);
    const flowControl = { key: 'slow', parallelism: 1, rate: 5, period: '1h' };
    const { messageId } = await client.publish({ url: `${url}/w`, body: 'x', delay: '1h', flowControl });
    const flow = await client.flowControl.get('slow');
    assert.deepEqual([flow.parallelismMax, flow.rateMax, flow.ratePeriod], [1, 5, 3600]);
    await client.flowControl.pause('slow');
    assert.equal((await client.flowControl.get('slow')).isPaused, true);
    await client.flowControl.pin('slow', { parallelism: 4 });
    assert.equal((await client.flowControl.get('slow')).parallelismMax, 4);
    assert.ok((await client.flowControl.getGlobalParallelism()).parallelismMax > 0);
    assert.deepEqual(await client.messages.cancel(messageId), { cancelled: 1 });
    await assert.rejects(client.messages.get('msg_nobody'), /message not found/);
    await client.publish({ url: `${url}/w`, body: 'x', delay: '1h', label: 'gone' });
    assert.deepEqual(await client.messages.cancel({ filter: { label: 'gone' } }), { cancelled: 1 });
  });

  await claim('the Standard Webhooks library verifies the same message, by either key', async () => {
    await client.publish({ url: `${url}/webhook`, body: '{"a":"größer"}' });
    const arrived = await receiver.next('/webhook');
    for (const key of [settings.QSTASH_CURRENT_SIGNING_KEY, settings.QSTASH_NEXT_SIGNING_KEY]) {
      const webhook = new Webhook(`whsec_${Buffer.from(key).toString('base64')}`);
      assert.deepEqual(webhook.verify(arrived.body, arrived.headers), { a: 'größer' });
      assert.throws(() => webhook.verify('{"a":"kleiner"}', arrived.headers));
    }
    const { WEBHOOK_SECRET } = await settingsOf(server);
    assert.deepEqual(new Webhook(WEBHOOK_SECRET).verify(arrived.body, arrived.headers), { a: 'größer' });
  });

  await claim('after a rotation the receiver of today goes on with its old pair', async () => {
    const keys = await client.keys?.rotate?.() ?? (await client.http.request({ method: 'POST', path: ['v2', 'keys', 'rotate'] }));
    assert.equal(keys.current, settings.QSTASH_NEXT_SIGNING_KEY);
    await client.publish({ url: `${url}/rotated`, body: 'x' });
    const arrived = await receiver.next('/rotated');
    assert.equal(await verified(arrived), true);
    const old = new Receiver2023({ currentSigningKey: settings.QSTASH_CURRENT_SIGNING_KEY, nextSigningKey: keys.current });
    await assert.rejects(old.verify(signatureOf(arrived)), 'that of 2023 knows no second key');
    const fresh = new Receiver2023({ currentSigningKey: keys.current, nextSigningKey: keys.next });
    assert.equal(await fresh.verify(signatureOf(arrived)), true);
  });
}

// The system of the article: a command appends an event and tells a topic; the topic's endpoint fetches the event by its
// offset, writes the view and answers; a query reads the view.
async function article(claim, { server, receiver, settings, Publisher, Verifier, name }) {
  const qstash = new Publisher({ token: settings.QSTASH_TOKEN, baseUrl: server.url });
  const verifier = new Verifier({
    currentSigningKey: settings.QSTASH_CURRENT_SIGNING_KEY, nextSigningKey: settings.QSTASH_NEXT_SIGNING_KEY,
  });
  const redis = new Redis({ url: settings.UPSTASH_REDIS_REST_URL, token: settings.UPSTASH_REDIS_REST_TOKEN });
  const kafka = async (path, body) => {
    const user = Buffer.from(`${settings.UPSTASH_KAFKA_REST_USERNAME}:${settings.UPSTASH_KAFKA_REST_PASSWORD}`).toString('base64');
    const answer = await fetch(`${settings.UPSTASH_KAFKA_REST_URL}${path}`, {
      method: 'POST', headers: { authorization: `Basic ${user}` }, body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  const topic = `${name}-events`;
  const steps = [];

  receiver.answer(`/${name}/projection`, async (request) => {
    await verifier.verify(signatureOf(request));
    steps.push('verified');
    const at = (await redis.get(`${name}:offset`)) ?? 0;
    const records = await kafka('/fetch', { topic: 'events', partition: 0, offset: at + 1 });
    steps.push(`fetched ${records.length > 0}`);
    const pipeline = redis.pipeline();
    for (const record of records) {
      pipeline.hset(`${name}:tasks`, { [record.offset]: record.value });
      pipeline.set(`${name}:offset`, record.offset);
    }
    await pipeline.exec();
    steps.push('projected');
    return {};
  });

  await claim(`${name}: a mutation is told to a topic, verified, fetched, projected and listed`, async () => {
    const endpoint = `${receiver.url}/${name}/projection`;
    if (qstash.urlGroups) await qstash.urlGroups.addEndpoints({ name: topic, endpoints: [{ url: endpoint }] });
    else {
      await qstash.topics.create({ name: topic });
      await qstash.endpoints.create({ topicName: topic, url: endpoint });
    }
    const made = await graphql(server, `mutation { createTask(text: "buy milk for ${name}") { id } }`);
    assert.equal(made.body.errors, undefined, JSON.stringify(made.body));
    await qstash.publish({ ...(qstash.urlGroups ? { urlGroup: topic } : { topic }), body: String(Math.random()) });
    await untilSo(() => steps.includes('projected'), 'the view is written');
    assert.deepEqual(steps, ['verified', 'fetched true', 'projected']);
    const listed = Object.values(await redis.hgetall(`${name}:tasks`));
    const { id } = made.body.data.createTask;
    for (const step of [/event \S+ saved to topic events at offset \d+/, `task ${id} created`, /message msg_\w+ to \S+\/projection answered 200/]) {
      await untilSo(() => server.output().match(step), `the log has ${step}`);
    }
    assert.ok(listed.some((value) => JSON.stringify(value).includes(`buy milk for ${name}`)), JSON.stringify(listed));
  });

  await claim(`${name}: an unsigned push is refused, by the receiver and by /projection`, async () => {
    const push = (url) => fetch(url, { method: 'POST', body: '0.5' });
    await assert.rejects(verifier.verify({ signature: '', body: '0.5' }));
    assert.equal((await push(`${server.url}/projection`)).status, 401);
  });

  await claim(`${name}: a signed push to /projection is answered when the view is up to date`, async () => {
    const { messageId } = await qstash.publish({ url: `${server.url}/projection`, body: '0.5' });
    await untilSo(async () => {
      const answer = await fetch(`${server.url}/v2/events?messageId=${messageId}`, {
        headers: { authorization: `Bearer ${settings.QSTASH_TOKEN}` },
      });
      return (await answer.json()).events.some((entry) => entry.state === 'DELIVERED');
    }, 'it is delivered');
  });
}

// The development mode of the SDK looks for a server at this port and takes it when it has the credentials it knows.
async function developmentMode(claim, { server, receiver }) {
  await claim('the development mode of the SDK finds the server and uses it', async () => {
    process.env.QSTASH_DEV = 'true';
    process.env.QSTASH_DEV_PORT = String(server.http);
    try {
      const client = new Client({});
      await client.publish({ url: `${receiver.url}/dev`, body: 'x' });
      assert.equal(await new Receiver().verify(signatureOf(await receiver.next('/dev'))), true);
    } finally {
      delete process.env.QSTASH_DEV;
      delete process.env.QSTASH_DEV_PORT;
    }
  });
}

export default async function qstash(claim) {
  const told = (text, check) => claim(`qstash: ${text}`, check);
  const server = await startServer();
  const receiver = await startReceiver();
  const settings = await settingsOf(server);
  const place = { server, receiver, settings };
  try {
    await of2023(told, place);
    await developmentMode(told, place);
    await article(told, { ...place, Publisher: Client2023, Verifier: Receiver2023, name: 'article-2023' });
    await article(told, { ...place, Publisher: Client, Verifier: Receiver, name: 'article-today' });
    await ofToday(told, place);
  } finally {
    await receiver.close();
    await server.stop();
  }
}
