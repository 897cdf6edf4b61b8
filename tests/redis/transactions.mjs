// MULTI, EXEC, DISCARD, WATCH.
import assert from 'node:assert/strict';

import { array, bulk, encoded } from './client.mjs';

const aborted = '-EXECABORT Transaction discarded because of previous errors.\r\n';

export default async function play(claim, { client }) {
  await claim('queued commands run together, each with its reply', async () => {
    const one = await client();
    const other = await client();
    await one.ask(['DEL', 'tx:a', 'tx:s'], ':0\r\n');
    await one.ask(['MULTI'], '+OK\r\n');
    for (const words of [['SET', 'tx:a', '1'], ['INCR', 'tx:a'], ['SADD', 'tx:a', 'x'], ['GET', 'tx:a']]) {
      await one.ask(words, '+QUEUED\r\n');
    }
    await other.ask(['GET', 'tx:a'], '$-1\r\n');
    one.command('EXEC');
    await one.gives(
      `*4\r\n+OK\r\n:2\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n${bulk('2')}`,
    );
    await other.ask(['GET', 'tx:a'], bulk('2'));
  });

  await claim('commands about the connection run in their place', async () => {
    const one = await client();
    one.send(
      Buffer.concat([
        encoded('MULTI'),
        encoded('SET', 'tx:b', '1'),
        encoded('CLIENT', 'SETNAME', 'me'),
        encoded('CLIENT', 'GETNAME'),
        encoded('GET', 'tx:b'),
        encoded('EXEC'),
      ]),
    );
    await one.gives(`+OK\r\n${'+QUEUED\r\n'.repeat(4)}*4\r\n+OK\r\n+OK\r\n${bulk('me')}${bulk('1')}`);
  });

  await claim('an empty transaction is an empty array', async () => {
    const one = await client();
    await one.ask(['MULTI'], '+OK\r\n');
    await one.ask(['EXEC'], '*0\r\n');
  });

  await claim('a command that cannot be queued takes all with it', async () => {
    const one = await client();
    for (const words of [['SET', 'tx:c'], ['NOPE'], ['CLIENT', 'NOPE']]) {
      await one.ask(['MULTI'], '+OK\r\n');
      await one.ask(['SET', 'tx:c', '1'], '+QUEUED\r\n');
      assert.match(await one.asked(...words), /^-ERR/);
      await one.ask(['EXEC'], aborted);
      await one.ask(['GET', 'tx:c'], '$-1\r\n');
    }
  });

  await claim('EXEC and DISCARD want a MULTI, MULTI wants none, WATCH comes before it', async () => {
    const one = await client();
    await one.ask(['EXEC'], '-ERR EXEC without MULTI\r\n');
    await one.ask(['DISCARD'], '-ERR DISCARD without MULTI\r\n');
    await one.ask(['MULTI'], '+OK\r\n');
    await one.ask(['MULTI'], '-ERR MULTI calls can not be nested\r\n');
    await one.ask(['WATCH', 'a'], '-ERR WATCH inside MULTI is not allowed\r\n');
    await one.ask(['DISCARD'], '+OK\r\n');
    await one.quiet();
  });

  await claim('DISCARD forgets the queue', async () => {
    const one = await client();
    await one.ask(['MULTI'], '+OK\r\n');
    await one.ask(['SET', 'tx:d', '1'], '+QUEUED\r\n');
    await one.ask(['DISCARD'], '+OK\r\n');
    await one.ask(['GET', 'tx:d'], '$-1\r\n');
  });

  await claim('a watched key that was written makes EXEC do nothing, once', async () => {
    for (const [version, nothing] of [[2, '*-1\r\n'], [3, '_\r\n']]) {
      const one = await client(version);
      const other = await client();
      await one.ask(['WATCH', 'tx:e', 'tx:f'], '+OK\r\n');
      await other.ask(['SET', 'tx:f', '1'], '+OK\r\n');
      for (const reply of [nothing, `*1\r\n+PONG\r\n`]) {
        await one.ask(['MULTI'], '+OK\r\n');
        await one.ask(['PING'], '+QUEUED\r\n');
        await one.ask(['EXEC'], reply);
      }
    }
  });

  await claim('UNWATCH and DISCARD watch no more, and other keys do not count', async () => {
    const one = await client();
    const other = await client();
    for (const forget of [[['UNWATCH']], [['MULTI'], ['DISCARD']]]) {
      await one.ask(['WATCH', 'tx:g'], '+OK\r\n');
      await other.ask(['SET', 'tx:g', '1'], '+OK\r\n');
      for (const words of forget) await one.ask(words, '+OK\r\n');
      await one.ask(['MULTI'], '+OK\r\n');
      await one.ask(['EXEC'], '*0\r\n');
    }
    await one.ask(['WATCH', 'tx:g'], '+OK\r\n');
    await other.ask(['SET', 'tx:h', '1'], '+OK\r\n');
    await one.ask(['MULTI'], '+OK\r\n');
    await one.ask(['EXEC'], '*0\r\n');
  });

  await claim('blocking commands in a transaction do not block', async () => {
    const one = await client();
    await one.ask(['MULTI'], '+OK\r\n');
    await one.ask(['XREAD', 'BLOCK', '0', 'STREAMS', 'tx:none', '0'], '+QUEUED\r\n');
    await one.ask(['EXEC'], '*1\r\n*-1\r\n');
  });

  await claim('two hundred clients count up together and lose nothing', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => client()));
    await clients[0].ask(['DEL', 'tx:count'], ':0\r\n');
    const add = async (one) => {
      for (let left = 10; left > 0; left -= 1) {
        for (;;) {
          await one.ask(['WATCH', 'tx:count'], '+OK\r\n');
          const before = Number(await one.asked('GET', 'tx:count'));
          await one.ask(['MULTI'], '+OK\r\n');
          await one.ask(['SET', 'tx:count', `${before + 1}`], '+QUEUED\r\n');
          if ((await one.asked('EXEC')) !== null) break;
        }
      }
    };
    await Promise.all(clients.map(add));
    await clients[0].ask(['MGET', 'tx:count'], array('200'));
  });
}
