// Who a client is: AUTH, HELLO, SELECT, RESET, QUIT.
import assert from 'node:assert/strict';

import { bulk, encoded } from './client.mjs';

const wrong = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
const unknown = '-NOAUTH Authentication required.\r\n';

export default async function play(claim, { client, stranger, secret, readOnlySecret }) {
  await claim('a stranger can do nothing', async () => {
    const one = await stranger();
    await one.ask(['GET', 'a'], unknown);
    await one.ask(['PING'], unknown);
    await one.ask(['CLIENT', 'LIST'], unknown);
    await one.ask(['MULTI'], unknown);
    await one.ask(['SUBSCRIBE', 'a'], unknown);
    assert.match(await one.asked('HELLO', '3'), /^-NOAUTH HELLO must be called with the client already authenticated/);
  });

  await claim('a stranger has little memory', async () => {
    const one = await stranger();
    one.send('*11\r\n');
    await one.gives('-ERR Protocol error: unauthenticated multibulk length\r\n');
    await one.closed();
    const other = await stranger();
    other.send('*1\r\n$16385\r\n');
    await other.gives('-ERR Protocol error: unauthenticated bulk length\r\n');
    await other.closed();
  });

  await claim('AUTH takes the secret, with a user or without', async () => {
    for (const words of [[secret], ['default', secret]]) {
      const one = await stranger();
      await one.ask(['AUTH', ...words], '+OK\r\n');
      await one.ask(['PING'], '+PONG\r\n');
    }
  });

  await claim('AUTH refuses what is wrong, and the client stays who it was', async () => {
    const one = await stranger();
    for (const words of [['nope'], [''], ['default', 'nope'], ['nobody', secret]]) await one.ask(['AUTH', ...words], wrong);
    await one.ask(['GET', 'a'], unknown);
    await one.ask(['AUTH', secret], '+OK\r\n');
    await one.ask(['AUTH', 'nope'], wrong);
    await one.quiet();
  });

  await claim('commands behind an AUTH in a pipeline are of that user', async () => {
    const one = await stranger();
    one.send(Buffer.concat([encoded('AUTH', secret), encoded('ECHO', 'x'.repeat(20_000))]));
    await one.gives(`+OK\r\n${bulk('x'.repeat(20_000))}`);
  });

  await claim('the second secret reads only', async () => {
    const writer = await client();
    await writer.ask(['SET', 'identity:a', '1'], '+OK\r\n');
    const one = await stranger();
    await one.ask(['AUTH', 'default_ro', readOnlySecret], '+OK\r\n');
    await one.ask(['GET', 'identity:a'], bulk('1'));
    await one.ask(
      ['SET', 'identity:a', '2'],
      "-NOPERM User default_ro has no permissions to run the 'set' command\r\n",
    );
    assert.match(await one.asked('CLIENT', 'KILL', 'ID', '1'), /^-NOPERM/);
    assert.match(await one.asked('MONITOR'), /^-NOPERM/);
    await one.ask(['MULTI'], '+OK\r\n');
    assert.match(await one.asked('DEL', 'identity:a'), /^-NOPERM/);
    await one.ask(['EXEC'], '-EXECABORT Transaction discarded because of previous errors.\r\n');
    await writer.ask(['GET', 'identity:a'], bulk('1'));
  });

  await claim('HELLO tells of the server, in both versions', async () => {
    const one = await stranger();
    const map = await one.asked('HELLO', '3', 'AUTH', 'default', secret, 'SETNAME', 'me');
    assert.equal(map.get('server'), 'redis');
    assert.equal(map.get('proto'), ':3');
    assert.equal(map.get('mode'), 'standalone');
    assert.equal(map.get('role'), 'master');
    assert.deepEqual(map.get('modules'), []);
    await one.ask(['CLIENT', 'GETNAME'], bulk('me'));
    const list = await one.asked('HELLO', '2');
    assert.equal(list.length, 14);
    assert.deepEqual(list.slice(4, 6), ['proto', ':2']);
    assert.deepEqual(await one.asked('HELLO'), list);
  });

  await claim('HELLO refuses what it does not know', async () => {
    const one = await client();
    await one.ask(['HELLO', '4'], '-NOPROTO unsupported protocol version\r\n');
    await one.ask(['HELLO', 'x'], '-ERR Protocol version is not an integer or out of range\r\n');
    await one.ask(['HELLO', '3', 'NOPE'], "-ERR Syntax error in HELLO option 'NOPE'\r\n");
    await one.ask(['HELLO', '3', 'AUTH', 'default'], "-ERR Syntax error in HELLO option 'AUTH'\r\n");
    await one.ask(['HELLO', '3', 'AUTH', 'default', 'no'], wrong);
    await one.ask(['GET', 'identity:none'], '$-1\r\n');
  });

  await claim('there is the index 0 only', async () => {
    const one = await client();
    await one.ask(['SELECT', '0'], '+OK\r\n');
    await one.ask(['SELECT', '1'], '-ERR DB index is out of range\r\n');
    await one.ask(['SELECT', 'x'], '-ERR value is not an integer or out of range\r\n');
  });

  await claim('RESET makes a stranger of the client', async () => {
    const one = await client(3);
    await one.ask(['CLIENT', 'SETNAME', 'me'], '+OK\r\n');
    await one.ask(['MULTI'], '+OK\r\n');
    await one.ask(['RESET'], '+RESET\r\n');
    await one.ask(['GET', 'a'], unknown);
    await one.ask(['AUTH', secret], '+OK\r\n');
    await one.ask(['GET', 'identity:none'], '$-1\r\n');
    await one.ask(['CLIENT', 'GETNAME'], '$-1\r\n');
    await one.ask(['EXEC'], '-ERR EXEC without MULTI\r\n');
  });

  await claim('QUIT answers and ends the connection; what follows is not run', async () => {
    const one = await client();
    one.send(Buffer.concat([encoded('QUIT'), encoded('SET', 'identity:late', '1')]));
    await one.gives('+OK\r\n');
    await one.closed();
    const other = await client();
    await other.ask(['GET', 'identity:late'], '$-1\r\n');
  });
}
