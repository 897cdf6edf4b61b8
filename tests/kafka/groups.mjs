// Consumer groups: consume, commit, committed, delete-consumer, consumers.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { startServer, temporaryFolder } from '../clients/server.mjs';
import { openLog } from './log.mjs';

const earliest = { 'kafka-auto-offset-reset': 'earliest' };
const byHand = { 'kafka-enable-auto-commit': 'false', ...earliest };
const success = { result: 'Success', status: 200 };

let groups = 0;
const newGroup = () => `group-${process.pid}-${(groups += 1)}`;
const values = (records) => records.map((record) => record.value).join(' ');

// Tries until `check` gives something, for what happens when a time is over.
async function until(check, patience = 20_000) {
  for (const deadline = Date.now() + patience; ; await pause(20)) {
    const found = await check();
    if (found) return found;
    assert.ok(Date.now() < deadline, 'it did not happen in time');
  }
}

async function find(log, group) {
  return (await log.get('/consumers')).find(({ name }) => name === group);
}

const committed = async (log, group, topic, partition = 0) =>
  (await log.post(`/committed/${group}/any`, { topic, partition }))[0].offset;

export default async function consuming(claim, { log }) {
  await claim('a consumer from the earliest gets all there is, then what comes', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'a', 'b');
    assert.equal(values(await log.post(`/consume/${group}/i`, { topic }, earliest)), 'a b');
    assert.deepEqual(await log.post(`/consume/${group}/i`, { topic, timeout: 0 }), []);
    const next = log.post(`/consume/${group}/i`, { topic, timeout: 30_000 });
    await log.produce(topic, 'c');
    assert.equal(values(await next), 'c');
  });
  await claim('without a header it begins at the end', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'before');
    assert.deepEqual(await log.post(`/consume/${group}/i`, { topic, timeout: 0 }), []);
    await log.produce(topic, 'after');
    assert.equal(values(await log.post(`/consume/${group}/i`, { topic })), 'after');
  });
  await claim('the topic may stand in the path, several in the body', async () => {
    const [group, topic, other] = [newGroup(), await log.topic(), await log.topic()];
    await log.produce(topic, 'a');
    await log.produce(other, 'b');
    const { json } = await log.send({ path: `/consume/${group}/i/${topic}?timeout=3000`, headers: earliest });
    assert.equal(values(json), 'a');
    const both = await log.post(`/consume/${group}/j`, { topics: [topic, other], timeout: 3000 }, earliest);
    assert.ok(both.length >= 1);
    const { json: again } = await log.send({ path: `/consume/${newGroup()}/i/${topic}/?timeout=3000`, headers: earliest });
    assert.equal(values(again), 'a');
  });
  await claim('GET and POST are alike, whatever the content type, with a slash at the end or without', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'a');
    const partition = JSON.stringify({ topic, partition: 0 });
    for (const method of ['GET', 'POST']) {
      for (const slash of ['', '/']) {
        for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain;charset=UTF-8']) {
          const headers = { 'content-type': type, ...earliest };
          for (const [path, body] of [
            [`/consume/${group}/i`, JSON.stringify({ topic, timeout: 0 })],
            [`/consume/${group}/i/${topic}`, ''],
            [`/commit/${group}/i`, ''],
            [`/commit/${group}/i`, JSON.stringify([{ topic, partition: 0, offset: 1 }])],
            [`/committed/${group}/i`, partition],
            ['/offsets/latest', partition],
            ['/produce', JSON.stringify({ topic, value: 'v' })],
          ]) {
            const target = `${path}${slash}${path.endsWith(topic) ? '?timeout=0' : ''}`;
            const { status, text } = await log.send({ method, path: target, body, headers });
            assert.equal(status, 200, `${method} ${target} ${type}: ${text}`);
          }
        }
      }
    }
  });
  await claim('names are decoded', async () => {
    const topic = await log.topic();
    const group = `${newGroup()} ä/b`;
    await log.post(`/consume/${encodeURIComponent(group)}/the%20one`, { topic, timeout: 0 });
    assert.equal((await find(log, group)).instances[0].name, 'the one');
  });
  await claim('positions advance without commits, and a new instance begins at what was committed', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'a', 'b');
    assert.equal(values(await log.post(`/consume/${group}/i`, { topic }, byHand)), 'a b');
    assert.deepEqual(await log.post(`/consume/${group}/i`, { topic, timeout: 0 }), []);
    assert.equal(await committed(log, group, topic), -1);
    assert.deepEqual((await log.send({ method: 'DELETE', path: `/delete-consumer/${group}/i` })).json, success);
    assert.equal(values(await log.post(`/consume/${group}/i`, { topic }, byHand)), 'a b');
    assert.deepEqual(await log.post(`/commit/${group}/i`, undefined), success);
    assert.equal(await committed(log, group, topic), 2);
    await log.post(`/delete-consumer/${group}/i`, undefined);
    await log.produce(topic, 'c');
    assert.equal(values(await log.post(`/consume/${group}/j`, { topic }, byHand)), 'c');
    await log.post(`/commit/${group}/j`, []);
    assert.equal(await committed(log, group, topic), 3);
  });
  await claim('the body of a commit may be missing, whatever its content type says', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'a');
    await log.post(`/consume/${group}/i`, { topic }, byHand);
    for (const method of ['GET', 'POST']) {
      for (const headers of [{ 'content-type': 'application/json' }, {}]) {
        const { status, json } = await log.send({ method, path: `/commit/${group}/i/`, headers });
        assert.equal(status, 200);
        assert.deepEqual(json, success);
      }
    }
    assert.equal(await committed(log, group, topic), 1);
  });
  await claim('an offset is committed as it is given', async () => {
    const [group, topic] = [newGroup(), await log.topic({ partitions: 2 })];
    await log.post(`/commit/${group}/i`, { topic, partition: 0, offset: 17 });
    assert.equal(await committed(log, group, topic), 17);
    await log.post(`/commit/${group}/i`, [{ topic, partition: 0, offset: 3 }, { topic, partition: 1, offset: 4 }]);
    assert.deepEqual(await log.post(`/committed/${group}/i?timeout=10000`, [
      { topic, partition: 1 },
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]), [
      { topic, partition: 1, offset: 4 },
      { topic, partition: 0, offset: 3 },
      { topic, partition: 1, offset: 4 },
    ]);
  });
  await claim('a commit that cannot be stores nothing', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    const good = { topic, partition: 0, offset: 5 };
    for (const [bad, status] of [
      [{ topic, partition: 1, offset: 0 }, 404],
      [{ topic: 'there-is-none', partition: 0, offset: 0 }, 404],
      [{ topic, partition: 0, offset: -1 }, 400],
      [{ topic, partition: 0 }, 400],
      [{ partition: 0, offset: 1 }, 400],
      [7, 400],
    ]) {
      await log.fails({ path: `/commit/${group}/i`, body: JSON.stringify([good, bad]) }, status);
    }
    assert.equal(await committed(log, group, topic), -1);
    await log.fails({ method: 'POST', path: `/commit/${group}/i`, body: '' }, 404);
  });
  await claim('a partition of another live instance cannot be committed', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.post(`/consume/${group}/owner`, { topic, timeout: 0 });
    const body = JSON.stringify({ topic, partition: 0, offset: 0 });
    await log.fails({ path: `/commit/${group}/other`, body }, 409);
    await log.post(`/commit/${group}/owner`, body);
  });
  await claim('committed of what is not there is 404, of nothing -1', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    assert.equal(await committed(log, group, topic), -1);
    await log.fails({ path: `/committed/${group}/i`, body: JSON.stringify({ topic: 'there-is-none', partition: 0 }) }, 404);
    await log.fails({ path: `/committed/${group}/i`, body: JSON.stringify({ topic, partition: 1 }) }, 404);
    await log.fails({ path: `/committed/${group}/i`, body: '[]' }, 400);
  });
  await claim('auto-commit commits what earlier calls handed out, never the answer under way', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    const headers = { ...earliest, 'kafka-auto-commit-interval': '0' };
    await log.produce(topic, 'a', 'b');
    assert.equal(values(await log.post(`/consume/${group}/i`, { topic }, headers)), 'a b');
    const early = await committed(log, group, topic);
    assert.ok(early <= 0, `${early}`);
    await log.produce(topic, 'c');
    assert.equal(values(await log.post(`/consume/${group}/i`, { topic })), 'c');
    await until(async () => (await committed(log, group, topic)) === 2);
    await log.post(`/delete-consumer/${group}/i`, undefined);
    assert.equal(await committed(log, group, topic), 3);
  });
  await claim('an instance is listed with its topics right after its first call', async () => {
    const [group, topic, other] = [newGroup(), await log.topic({ partitions: 3 }), await log.topic()];
    await log.post(`/consume/${group}/a`, { topics: [topic, other], timeout: 0 });
    assert.deepEqual(await find(log, group), {
      name: group,
      instances: [{
        name: 'a',
        topics: [{ topic, partitions: [0, 1, 2] }, { topic: other, partitions: [0] }]
          .sort((left, right) => (left.topic < right.topic ? -1 : 1)),
      }],
    });
  });
  await claim('two instances share the partitions, and one that leaves gives them back', async () => {
    const [group, topic] = [newGroup(), await log.topic({ partitions: 4 })];
    await log.post(`/consume/${group}/a`, { topic, timeout: 0 }, byHand);
    await log.post(`/consume/${group}/b`, { topic, timeout: 0 }, byHand);
    const shares = (await find(log, group)).instances.map(({ topics }) => topics[0].partitions);
    assert.deepEqual(shares.flat().sort(), [0, 1, 2, 3]);
    assert.deepEqual(shares.map((share) => share.length), [2, 2]);
    await log.post('/produce', [0, 1, 2, 3].map((partition) => ({ topic, partition, value: `v${partition}` })));
    const got = await log.post(`/consume/${group}/a`, { topic });
    assert.deepEqual(got.map(({ partition }) => partition).sort(), shares[0]);
    await log.post(`/delete-consumer/${group}/a`, undefined);
    await log.post(`/consume/${group}/b`, { topic, timeout: 0 });
    assert.deepEqual((await find(log, group)).instances[0].topics[0].partitions, [0, 1, 2, 3]);
  });
  await claim('what was handed out and not committed goes to the new owner again', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'a');
    assert.equal(values(await log.post(`/consume/${group}/a`, { topic }, byHand)), 'a');
    await log.post(`/delete-consumer/${group}/a`, undefined);
    assert.equal(values(await log.post(`/consume/${group}/b`, { topic }, byHand)), 'a');
  });
  await claim('more instances than partitions get nothing, and no error', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'a');
    await log.post(`/consume/${group}/a`, { topic }, byHand);
    assert.deepEqual(await log.post(`/consume/${group}/b`, { topic, timeout: 0 }, byHand), []);
  });
  await claim('another set of topics is a new subscription', async () => {
    const [group, topic, other] = [newGroup(), await log.topic(), await log.topic()];
    await log.produce(other, 'b');
    await log.post(`/consume/${group}/i`, { topic, timeout: 0 }, earliest);
    assert.equal(values(await log.post(`/consume/${group}/i`, { topic: other })), 'b');
    assert.deepEqual((await find(log, group)).instances[0].topics.map((one) => one.topic), [other]);
  });
  await claim('calls of one instance at a time give each record once', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.post(`/consume/${group}/i`, { topic, timeout: 0 }, byHand);
    const calls = Array.from({ length: 10 }, () => log.post(`/consume/${group}/i`, { topic, timeout: 500 }));
    await log.post(`/produce/${topic}`, Array.from({ length: 50 }, (_, i) => ({ value: String(i) })));
    const got = (await Promise.all(calls)).flat().map(({ value }) => Number(value)).sort((a, b) => a - b);
    assert.deepEqual(got, Array.from({ length: 50 }, (_, i) => i));
  });
  await claim('an instance that nobody calls leaves when its session is over', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.produce(topic, 'a');
    await log.post(`/consume/${group}/i`, { topic }, { ...earliest, 'kafka-session-timeout-ms': '1000' });
    assert.ok(await find(log, group));
    await until(async () => !(await find(log, group)));
    // Nobody knows whether the last answer arrived, so that it is given again.
    assert.equal(values(await log.post(`/consume/${group}/j`, { topic }, earliest)), 'a');
  });
  await claim('a call that waits keeps the session', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.post(`/consume/${group}/i`, { topic, timeout: 2500 }, { 'kafka-session-timeout-ms': '1000' });
    assert.ok(await find(log, group));
  });
  await claim('a client that goes away takes no record with it', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.post(`/consume/${group}/i`, { topic, timeout: 0 }, byHand);
    const gone = new AbortController();
    const call = log.send({ path: `/consume/${group}/i`, body: JSON.stringify({ topic, timeout: 60_000 }), signal: gone.signal });
    await log.topics();
    gone.abort();
    await assert.rejects(call);
    const next = log.post(`/consume/${group}/i`, { topic, timeout: 30_000 });
    await log.produce(topic, 'kept');
    assert.equal(values(await next), 'kept');
  });
  await claim('without an offset and a rule for it there is no beginning', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    const none = { 'kafka-auto-offset-reset': 'none' };
    await log.fails({ path: `/consume/${group}/i/${topic}`, headers: none }, 400);
    await log.post(`/commit/${group}/i`, { topic, partition: 0, offset: 0 });
    await log.produce(topic, 'a');
    assert.equal(values((await log.send({ path: `/consume/${group}/i/${topic}`, headers: none })).json), 'a');
  });
  await claim('a committed offset that has expired is dealt with by each rule', async () => {
    const topic = await log.topic({ retention_bytes: 100_000, unread_expires: true });
    const names = { earliest: newGroup(), latest: newGroup(), none: newGroup() };
    for (const group of Object.values(names)) await log.post(`/commit/${group}/i`, { topic, partition: 0, offset: 1 });
    await log.post(`/produce/${topic}`, Array.from({ length: 40 }, () => ({ value: 'x'.repeat(10_000) })));
    const offset = async (when) => (await log.post(`/offsets/${when}`, { topic, partition: 0 }))[0].offset;
    await until(async () => (await offset('earliest')) > 1);
    const consume = (rule) => log.send({ path: `/consume/${names[rule]}/i/${topic}?timeout=0`, headers: { 'kafka-auto-offset-reset': rule } });
    assert.ok((await consume('earliest')).json[0].offset > 1);
    assert.deepEqual((await consume('latest')).json, []);
    assert.equal((await consume('none')).status, 400);
  });
  await claim('what cannot be consumed is refused', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.fails({ path: `/consume/${group}/i`, body: '{}' }, 400);
    await log.fails({ path: `/consume/${group}/i`, body: '[]' }, 400);
    await log.fails({ path: `/consume/${group}/i/there-is-none` }, 404);
    await log.fails({ path: `/consume/${group}/i/${topic}?timeout=soon` }, 400);
    for (const headers of [
      { 'kafka-enable-auto-commit': 'yes' },
      { 'kafka-auto-commit-interval': '-1' },
      { 'kafka-auto-offset-reset': 'first' },
      { 'kafka-session-timeout-ms': 'x' },
    ]) {
      await log.fails({ path: `/consume/${group}/i/${topic}`, headers }, 400);
    }
    assert.equal(await find(log, group), undefined);
  });
  await claim('an instance that is not there cannot be deleted', async () => {
    const [group, topic] = [newGroup(), await log.topic()];
    await log.fails({ method: 'POST', path: `/delete-consumer/${group}/i`, body: '' }, 404);
    await log.post(`/consume/${group}/i`, { topic, timeout: 0 });
    await log.fails({ method: 'DELETE', path: `/delete-consumer/${group}/j` }, 404);
  });
  await claim('there are no more instances than partitions', async () => {
    const folder = await temporaryFolder();
    const server = await startServer({ data: folder, options: ['--quiet'] });
    const small = await openLog(server);
    const topic = await small.topic({ partitions: 2 });
    const partitions = Object.values(await small.topics()).reduce((sum, count) => sum + count, 0);
    for (let i = 0; i < partitions; i += 1) await small.post(`/consume/g/i${i}`, { topic, timeout: 0 });
    const { headers } = await small.fails({ path: `/consume/g/more/${topic}` }, 429);
    assert.ok(headers['retry-after']);
    await server.stop();
    await rm(folder, { recursive: true });
  });
  await claim('a restart forgets instances and keeps what was committed', async () => {
    const folder = await temporaryFolder();
    let server = await startServer({ data: folder, options: ['--quiet'] });
    let own = await openLog(server);
    const topic = await own.topic();
    await own.produce(topic, 'a', 'b', 'c');
    assert.equal(values(await own.post('/consume/g/i', { topic }, byHand)), 'a b c');
    await own.post('/commit/g/i', { topic, partition: 0, offset: 2 });
    await server.kill('SIGKILL');
    server = await startServer({ data: folder, options: ['--quiet'] });
    own = await openLog(server);
    assert.deepEqual(await own.get('/consumers'), []);
    assert.equal(values(await own.post('/consume/g/i', { topic }, byHand)), 'c');
    await server.stop();
    await rm(folder, { recursive: true });
  });
}
