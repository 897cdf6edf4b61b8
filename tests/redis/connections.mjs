// CLIENT.
import assert from 'node:assert/strict';

import { bulk, encoded } from './client.mjs';

const fields = (line) => Object.fromEntries(line.trim().split(' ').map((word) => word.split(/=(.*)/s).slice(0, 2)));

export default async function play(claim, { client, stranger, readOnlySecret }) {
  await claim('a connection has a number and may have a name', async () => {
    const one = await client();
    const other = await client();
    const [first, second] = [await one.asked('CLIENT', 'ID'), await other.asked('CLIENT', 'ID')];
    assert.ok(Number(second.slice(1)) > Number(first.slice(1)));
    await one.ask(['CLIENT', 'GETNAME'], '$-1\r\n');
    await one.ask(['CLIENT', 'SETNAME', 'me'], '+OK\r\n');
    await one.ask(['CLIENT', 'GETNAME'], bulk('me'));
    await one.ask(
      ['CLIENT', 'SETNAME', 'a b'],
      '-ERR Client names cannot contain spaces, newlines or special characters.\r\n',
    );
    await one.ask(['CLIENT', 'SETINFO', 'lib-name', 'lib'], '+OK\r\n');
    await one.ask(['CLIENT', 'SETINFO', 'LIB-VER', '1.0'], '+OK\r\n');
    await one.ask(['CLIENT', 'SETINFO', 'nope', '1'], "-ERR Unrecognized option 'nope'\r\n");
    const info = fields(await one.asked('CLIENT', 'INFO'));
    assert.equal(info.id, first.slice(1));
    assert.equal(info.addr, one.address);
    assert.equal(info.name, 'me');
    assert.equal(info['lib-name'], 'lib');
    assert.equal(info['lib-ver'], '1.0');
    assert.equal(info.cmd, 'client|info');
    assert.equal(info.user, 'default');
  });

  await claim('CLIENT LIST tells who is there, and can be asked for some', async () => {
    const [one, two, three] = [await client(), await client(), await stranger()];
    await two.asked('SUBSCRIBE', 'a');
    await three.ask(['AUTH', readOnlySecret], '+OK\r\n');
    const ids = [(await one.asked('CLIENT', 'ID')).slice(1), (await three.asked('CLIENT', 'ID')).slice(1)];
    const all = (await one.asked('CLIENT', 'LIST')).trimEnd().split('\n').map(fields);
    assert.ok(all.some(({ flags, sub }) => flags === 'P' && sub === '1'));
    assert.ok(all.some(({ user, flags }) => user === 'default_ro' && flags === 'r'));
    const some = (await one.asked('CLIENT', 'LIST', 'ID', ...ids)).trimEnd().split('\n').map(fields);
    assert.deepEqual(some.map(({ id }) => id), ids);
    const listeners = (await one.asked('CLIENT', 'LIST', 'TYPE', 'pubsub')).trimEnd().split('\n').map(fields);
    assert.deepEqual(listeners.map(({ addr }) => addr), [two.address]);
    await one.ask(['CLIENT', 'LIST', 'TYPE', 'nope'], "-ERR Unknown client type 'nope'\r\n");
    await one.ask(['CLIENT', 'LIST', 'ID', 'x'], '-ERR Invalid client ID\r\n');
  });

  await claim('CLIENT KILL closes by address, number and type, and this one after its reply', async () => {
    const one = await client();
    for (const form of [(of) => [of.address], (of) => ['ADDR', of.address], (of, id) => ['ID', id]]) {
      const other = await client();
      const id = (await other.asked('CLIENT', 'ID')).slice(1);
      const words = form(other, id);
      await one.ask(['CLIENT', 'KILL', ...words], words.length === 1 ? '+OK\r\n' : ':1\r\n');
      await other.closed();
    }
    await one.ask(['CLIENT', 'KILL', '1.2.3.4:5'], '-ERR No such client\r\n');
    await one.ask(['CLIENT', 'KILL', 'ID', '0'], '-ERR client-id should be greater than 0\r\n');
    await one.ask(['CLIENT', 'KILL', 'USER', 'x'], "-ERR No such user 'x'\r\n");
    await one.ask(['CLIENT', 'KILL', 'NOPE', 'x'], '-ERR syntax error\r\n');
    await one.ask(['CLIENT', 'KILL', 'ADDR', one.address], ':0\r\n');
    one.send(Buffer.concat([encoded('CLIENT', 'KILL', 'ADDR', one.address, 'SKIPME', 'no'), encoded('PING')]));
    await one.gives(':1\r\n');
    await one.closed();
  });

  await claim('CLIENT REPLY leaves out one reply or all', async () => {
    const one = await client();
    one.send(
      Buffer.concat([
        encoded('CLIENT', 'REPLY', 'SKIP'),
        encoded('ECHO', 'a'),
        encoded('ECHO', 'b'),
        encoded('CLIENT', 'REPLY', 'OFF'),
        encoded('ECHO', 'c'),
        encoded('SET', 'client:a', '1'),
        encoded('CLIENT', 'REPLY', 'ON'),
        encoded('GET', 'client:a'),
      ]),
    );
    await one.gives(`${bulk('b')}+OK\r\n${bulk('1')}`);
  });

  await claim('CLIENT PAUSE holds up writes, or everything, until its end', async () => {
    const [one, two] = [await client(), await client()];
    await one.ask(['CLIENT', 'PAUSE', '100000', 'WRITE'], '+OK\r\n');
    await two.ask(['GET', 'client:none'], '$-1\r\n');
    two.send(Buffer.concat([encoded('SET', 'client:p', '1'), encoded('GET', 'client:p')]));
    await one.ask(['GET', 'client:p'], '$-1\r\n');
    await one.ask(['CLIENT', 'UNPAUSE'], '+OK\r\n');
    await two.gives(`+OK\r\n${bulk('1')}`);
    const begin = Date.now();
    await one.ask(['CLIENT', 'PAUSE', '50'], '+OK\r\n');
    await two.ask(['GET', 'client:p'], bulk('1'));
    assert.ok(Date.now() - begin >= 49);
    await one.ask(['CLIENT', 'PAUSE', 'x'], '-ERR timeout is not an integer or out of range\r\n');
    await one.ask(['CLIENT', 'PAUSE', '-1'], '-ERR timeout is negative\r\n');
    await one.ask(['CLIENT', 'PAUSE', '1', 'x'], '-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n');
  });

  await claim('switches that clients ask for are taken', async () => {
    const one = await client(3);
    for (const words of [['NO-EVICT', 'on'], ['NO-TOUCH', 'on'], ['TRACKING', 'on', 'OPTIN'], ['CACHING', 'yes']]) {
      await one.ask(['CLIENT', ...words], '+OK\r\n');
    }
    await one.ask(['CLIENT', 'GETREDIR'], ':0\r\n');
    const info = await one.asked('CLIENT', 'TRACKINGINFO');
    assert.deepEqual(info.get('flags'), ['on', 'optin', 'caching-yes']);
    await one.ask(['CLIENT', 'TRACKING', 'off'], '+OK\r\n');
    await one.ask(['CLIENT', 'GETREDIR'], ':-1\r\n');
  });
}
