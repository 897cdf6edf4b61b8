// Topics as server-sent events.
import assert from 'node:assert/strict';
import { request } from 'node:http';

// Events as they come: await events.next() gives { id, data }.
async function open(log, path, headers = {}) {
  const sent = request({
    host: '127.0.0.1',
    port: log.port,
    path: `/kafka${path}`,
    headers: { ...log.authorization, accept: 'text/event-stream', ...headers },
  }).end();
  const answer = await new Promise((done, failed) => sent.on('response', done).on('error', failed));
  answer.on('error', () => undefined);
  sent.on('error', () => undefined);
  const events = [];
  const waiting = [];
  let text = '';
  answer.setEncoding('utf8').on('data', (piece) => {
    text += piece;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = {};
      for (const line of text.slice(0, end).split('\n')) {
        const [, name, value] = /^(\w*): ?(.*)$/.exec(line) ?? [];
        if (name) event[name] = name === 'data' ? JSON.parse(value) : value;
      }
      text = text.slice(end + 2);
      if (event.data === undefined) continue;
      if (waiting.length > 0) waiting.shift()(event);
      else events.push(event);
    }
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    next: () => (events.length > 0 ? Promise.resolve(events.shift()) : new Promise((done) => waiting.push(done))),
    close: () => sent.destroy(),
  };
}

export default async function following(claim, { log }) {
  const topic = await log.topic();
  const other = await log.topic({ partitions: 2 });
  await log.post('/produce', [
    { topic, key: 'a-1', value: 'one' },
    { topic: other, key: 'b-1', value: 'two', partition: 1 },
  ]);
  let last;

  await claim('a follower gets what is there, then what comes', async () => {
    const events = await open(log, `/follow/${topic},${other}`);
    assert.equal(events.status, 200);
    assert.equal(events.headers['content-type'], 'text/event-stream');
    const first = await events.next();
    assert.equal(first.data.value, 'one');
    assert.equal(first.data.version, 1);
    assert.equal((await events.next()).data.value, 'two');
    await log.produce(topic, 'three');
    const third = await events.next();
    assert.equal(third.data.value, 'three');
    assert.equal(third.id, `${topic}:0:2,${other}:0:0,${other}:1:1`);
    last = third.id;
    events.close();
  });
  await claim('who comes back with the last id misses nothing and sees nothing twice', async () => {
    await log.produce(topic, 'meanwhile');
    const events = await open(log, `/follow/${topic},${other}`, { 'last-event-id': last });
    assert.equal((await events.next()).data.value, 'meanwhile');
    await log.produce(other, 'later');
    assert.equal((await events.next()).data.value, 'later');
    events.close();
  });
  await claim('from: the end, or an offset', async () => {
    const latest = await open(log, `/follow/${topic}?from=latest`);
    const fromOne = await open(log, `/follow/${topic}?from=1`);
    assert.equal((await fromOne.next()).data.value, 'three');
    await log.produce(topic, 'newest');
    assert.equal((await latest.next()).data.value, 'newest');
    latest.close();
    fromOne.close();
  });
  await claim('prefix: the keys that begin with it', async () => {
    const events = await open(log, `/follow/${topic}?prefix=a-`);
    assert.equal((await events.next()).data.key, 'a-1');
    await log.post('/produce', [{ topic, key: 'b-2', value: 'no' }, { topic, value: 'no' }, { topic, key: 'a-2', value: 'yes' }]);
    assert.equal((await events.next()).data.key, 'a-2');
    events.close();
  });
  await claim('what cannot be followed is refused before the stream begins', async () => {
    await log.fails({ path: '/follow/there-is-none' }, 404);
    await log.fails({ path: `/follow/${topic}?from=soon` }, 400);
    await log.fails({ path: `/follow/${topic}`, headers: { 'last-event-id': 'x' } }, 400);
    await log.fails({ path: '/follow/,' }, 400);
  });
  await claim('a topic that goes ends the stream', async () => {
    const short = await log.topic();
    await log.produce(short, 'v');
    const events = await open(log, `/follow/${short}`);
    await events.next();
    await log.admin('topics', { do: 'delete', name: short });
    const end = await events.next();
    assert.equal(end.event, 'error');
    assert.equal(end.data.status, 404);
    events.close();
  });
}
