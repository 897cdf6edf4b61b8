// Fetches that wait.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import { basic } from './log.mjs';

const readers = Number(process.env.MILLRACE_READERS ?? 300);

export default async function waiting(claim, { log, server }) {
  await claim('nothing at the end, once the time is over', async () => {
    const topic = await log.topic();
    const begun = Date.now();
    assert.deepEqual(await log.fetch(topic, 0, 0, 300), []);
    assert.ok(Date.now() - begun >= 290, `${Date.now() - begun} ms`);
  });
  await claim('without a timeout it is a second', async () => {
    const topic = await log.topic();
    const begun = Date.now();
    assert.deepEqual(await log.post('/fetch', { topic, partition: 0, offset: 0 }), []);
    const spent = Date.now() - begun;
    assert.ok(spent >= 950 && spent < 5000, `${spent} ms`);
  });
  await claim('a record ends the wait', async () => {
    const topic = await log.topic();
    const fetched = log.fetch(topic, 0, 0, 30_000);
    await log.produce(topic, 'now');
    assert.equal((await fetched)[0].value, 'now');
  });
  await claim('who waits beyond the end gets the record that reaches it, and none before', async () => {
    const topic = await log.topic();
    const fetched = log.fetch(topic, 0, 2, 30_000);
    await log.produce(topic, 'zero');
    await log.produce(topic, 'one');
    await log.produce(topic, 'two');
    assert.deepEqual((await fetched).map((record) => record.value), ['two']);
  });
  await claim('who waits for several partitions is woken by any', async () => {
    const topic = await log.topic({ partitions: 4 });
    const list = [0, 1, 2, 3].map((partition) => ({ topic, partition, offset: 0 }));
    const fetched = log.post('/fetch', { topicPartitionOffsets: list, timeout: 30_000 });
    await log.post('/produce', { topic, partition: 2, value: 'there' });
    assert.equal((await fetched)[0].partition, 2);
  });
  await claim(`one record wakes ${readers} readers, which cost no processor time while they wait`, async () => {
    const topic = await log.topic();
    const request = (body) =>
      `POST /kafka/fetch HTTP/1.1\r\nHost: h\r\nAuthorization: ${basic(log.pair)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const sockets = [];
    const answers = [];
    for (let i = 0; i < readers; i += 1) {
      const socket = connect(log.port, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'connect');
      socket.write(request(JSON.stringify({ topic, partition: 0, offset: 0, timeout: 60_000 })));
      answers.push(once(socket, 'data').then(([piece]) => piece.toString()));
    }
    const ticks = async () => {
      const fields = (await readFile(`/proc/${server.pid}/stat`, 'utf8')).split(') ')[1].split(' ');
      return Number(fields[11]) + Number(fields[12]);
    };
    await log.topics();
    const before = await ticks();
    await new Promise((done) => setTimeout(done, 1000));
    const spent = (await ticks()) - before;
    await log.produce(topic, 'all of you');
    for (const answer of await Promise.all(answers)) assert.match(answer, /all of you/);
    for (const socket of sockets) socket.destroy();
    assert.ok(spent <= 30, `${spent} ticks in a second`);
  });
  await claim('a reader that goes away ends its wait, and the server stops without waiting for it', async () => {
    const topic = await log.topic();
    const gone = new AbortController();
    const fetched = log.send({
      path: '/fetch',
      body: JSON.stringify({ topic, partition: 0, offset: 0, timeout: 60_000 }),
      signal: gone.signal,
    });
    await log.topics();
    gone.abort();
    await assert.rejects(fetched);
    await log.produce(topic, 'nobody');
  });
}
