// Clients that do not behave.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { array, bulk, encoded } from './client.mjs';

const mebibyte = 2 ** 20;

async function residentBytes(server) {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

export default async function play(claim, { client, server }) {
  await claim('a client that never reads is not read from, and costs little memory', async () => {
    const one = await client();
    const value = 'v'.repeat(100_000);
    await one.ask(['SET', 'limits:a', value], '+OK\r\n');
    const before = await residentBytes(server);
    const count = 3000; // 300 MB of replies
    const gets = Buffer.concat(Array.from({ length: count }, () => encoded('GET', 'limits:a')));
    one.pause();
    one.send(gets);
    const other = await client();
    for (let round = 0; round < 300; round += 1) await other.quiet();
    const grown = (await residentBytes(server)) - before;
    assert.ok(grown < 30 * mebibyte, `it took ${Math.round(grown / mebibyte)} MiB`);

    one.resume();
    for (let left = count; left > 0; left -= 1) await one.gives(bulk(value));
    await one.quiet();
  });

  await claim('a listener that never reads is dropped before it takes the memory', async () => {
    const one = await client();
    const other = await client();
    await one.asked('SUBSCRIBE', 'limits');
    one.pause();
    const message = 'm'.repeat(1_000_000);
    let sent = 0;
    while ((await other.asked('PUBLISH', 'limits', message)) === ':1') {
      sent += 1;
      assert.ok(sent < 500, 'it is still there after 500 MB');
    }
    assert.ok(sent > 20, `after ${sent} MB only`);
  });

  await claim('a long pipeline does not keep the others waiting', async () => {
    const one = await client();
    const other = await client();
    const count = 200_000;
    one.send(Buffer.concat(Array.from({ length: count }, (_, number) => encoded('SET', `limits:${number % 10}`, 'v'))));
    let slowest = 0;
    for (let round = 0; round < 50; round += 1) {
      const begin = performance.now();
      await other.quiet();
      slowest = Math.max(slowest, performance.now() - begin);
    }
    assert.ok(slowest < 1000, `${Math.round(slowest)} ms`);
    await one.gives('+OK\r\n'.repeat(count));
  });

  await claim('a client that leaves in the middle of a value leaves nothing', async () => {
    const one = await client();
    one.send('*3\r\n$3\r\nSET\r\n$8\r\nlimits:b\r\n$1000000\r\nabc');
    one.close();
    const other = await client();
    await other.ask(['GET', 'limits:b'], '$-1\r\n');
  });

  await claim('a client that ends its side still gets its replies', async () => {
    const one = await client();
    one.send(Buffer.concat([encoded('SET', 'limits:c', '1'), encoded('MGET', 'limits:c', 'limits:none')]));
    one.endSending();
    await one.gives(`+OK\r\n*2\r\n${bulk('1')}$-1\r\n`);
    await one.closed();
  });

  await claim('a hundred clients write at once, and each reads its own', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => client()));
    await Promise.all(
      clients.map(async (one, number) => {
        for (let round = 0; round < 20; round += 1) {
          one.send(Buffer.concat([encoded('SET', `limits:d${number}`, `${round}`), encoded('MGET', `limits:d${number}`)]));
          await one.gives(`+OK\r\n${array(`${round}`)}`);
        }
      }),
    );
  });
}
