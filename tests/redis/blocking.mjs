// Commands that wait for others.
import assert from 'node:assert/strict';

import { array, bulk, encoded } from './client.mjs';

const entry = (id, field, value) => `*2\r\n${bulk(id)}${array(field, value)}`;
const read = (stream, ...entries) => `*1\r\n*2\r\n${bulk(stream)}*${entries.length}\r\n${entries.join('')}`;

// Returns once `count` clients of the database are blocked.
async function untilBlocked(observer, count) {
  for (;;) {
    const list = await observer.asked('CLIENT', 'LIST');
    if (list.split('\n').filter((line) => line.includes(' flags=b ')).length >= count) return;
  }
}

export default async function play(claim, { client }) {
  await claim('a blocked client gets what comes, and its pipeline goes on then', async () => {
    const one = await client();
    const other = await client();
    one.send(
      Buffer.concat([encoded('XREAD', 'BLOCK', '0', 'STREAMS', 'blocking:a', '$'), encoded('ECHO', 'then'), encoded('PING')]),
    );
    await untilBlocked(other, 1);
    await other.ask(['XADD', 'blocking:a', '1-1', 'f', 'v'], bulk('1-1'));
    await one.gives(`${read('blocking:a', entry('1-1', 'f', 'v'))}${bulk('then')}+PONG\r\n`);
  });

  await claim('what is there already is given at once', async () => {
    const one = await client();
    await one.ask(['XADD', 'blocking:b', '1-1', 'f', 'v'], bulk('1-1'));
    await one.ask(['XREAD', 'BLOCK', '0', 'STREAMS', 'blocking:b', '0'], read('blocking:b', entry('1-1', 'f', 'v')));
  });

  await claim('the time over, nothing is the answer', async () => {
    const one = await client();
    const begin = Date.now();
    await one.ask(['XREAD', 'BLOCK', '60', 'STREAMS', 'blocking:none', '$'], '*-1\r\n');
    assert.ok(Date.now() - begin >= 59, `after ${Date.now() - begin} ms`);
    await one.quiet();
    const three = await client(3);
    await three.ask(['XREAD', 'BLOCK', '10', 'STREAMS', 'blocking:none', '$'], '_\r\n');
  });

  await claim('CLIENT UNBLOCK ends the wait, by time or by error', async () => {
    const one = await client();
    const other = await client();
    const id = (await one.asked('CLIENT', 'ID')).slice(1);
    for (const [words, said] of [
      [[], '*-1\r\n'],
      [['TIMEOUT'], '*-1\r\n'],
      [['ERROR'], '-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n'],
    ]) {
      one.command('XREAD', 'BLOCK', '0', 'STREAMS', 'blocking:none', '$');
      await untilBlocked(other, 1);
      await other.ask(['CLIENT', 'UNBLOCK', id, ...words], ':1\r\n');
      await one.gives(said);
    }
    await other.ask(['CLIENT', 'UNBLOCK', id], ':0\r\n');
    await other.ask(['CLIENT', 'UNBLOCK', '999999'], ':0\r\n');
    await other.ask(['CLIENT', 'UNBLOCK', id, 'NOPE'], '-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR\r\n');
  });

  await claim('who leaves while blocked takes nothing along', async () => {
    const one = await client();
    const other = await client();
    await other.ask(['XGROUP', 'CREATE', 'blocking:d', 'g', '$', 'MKSTREAM'], '+OK\r\n');
    one.command('XREADGROUP', 'GROUP', 'g', 'gone', 'BLOCK', '0', 'STREAMS', 'blocking:d', '>');
    await untilBlocked(other, 1);
    one.close();
    while ((await other.asked('CLIENT', 'LIST')).includes(' flags=b ')) await undefined;
    await other.ask(['XADD', 'blocking:d', '1-1', 'f', 'v'], bulk('1-1'));
    await other.ask(
      ['XREADGROUP', 'GROUP', 'g', 'here', 'STREAMS', 'blocking:d', '>'],
      read('blocking:d', entry('1-1', 'f', 'v')),
    );
  });

  await claim('a client that ends its side while blocked is let go', async () => {
    const one = await client();
    const other = await client();
    one.command('XREAD', 'BLOCK', '0', 'STREAMS', 'blocking:none', '$');
    await untilBlocked(other, 1);
    one.endSending();
    await one.closed();
  });

  await claim('who blocked first is served first', async () => {
    const [one, two, other] = [await client(), await client(), await client()];
    const blocked = ['XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 'blocking:e', '>'];
    await other.ask(['XGROUP', 'CREATE', 'blocking:e', 'g', '$', 'MKSTREAM'], '+OK\r\n');
    one.command(...blocked);
    await untilBlocked(other, 1);
    two.command(...blocked);
    await untilBlocked(other, 2);
    await other.ask(['XADD', 'blocking:e', '1-1', 'f', '1'], bulk('1-1'));
    await one.gives(read('blocking:e', entry('1-1', 'f', '1')));
    await other.ask(['XADD', 'blocking:e', '1-2', 'f', '2'], bulk('1-2'));
    await two.gives(read('blocking:e', entry('1-2', 'f', '2')));
  });
}
