// How commands are read and replies are written.
import { array, bulk, encoded } from './client.mjs';

export default async function play(claim, { client }) {
  await claim('commands come as arrays of bulk strings', async () => {
    const one = await client();
    await one.ask(['SET', 'protocol:a', 'hello'], '+OK\r\n');
    await one.ask(['GET', 'protocol:a'], bulk('hello'));
    await one.ask(['GET', 'protocol:none'], '$-1\r\n');
    await one.ask(['STRLEN', 'protocol:a'], ':5\r\n');
    await one.ask(['MGET', 'protocol:a', 'protocol:none'], `*2\r\n${bulk('hello')}$-1\r\n`);
  });

  await claim('commands come as lines of words, with quotes', async () => {
    const one = await client();
    one.send('set protocol:line "a \\x41\\n" \r\n');
    await one.gives('+OK\r\n');
    one.send("get 'protocol:line'\n");
    await one.gives(bulk('a A\n'));
    one.send('\r\n\r\nPING\r\n');
    await one.gives('+PONG\r\n');
  });

  await claim('any bytes may be a value', async () => {
    const one = await client();
    const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await one.ask(['SET', 'protocol:bytes', value], '+OK\r\n');
    one.command('GET', 'protocol:bytes');
    await one.gives(Buffer.concat([Buffer.from('$256\r\n'), value, Buffer.from('\r\n')]));
  });

  await claim('a pipeline is answered in its order, reads behind the writes before them', async () => {
    const one = await client();
    const commands = [];
    let expected = '';
    for (let number = 0; number < 2000; number += 1) {
      commands.push(encoded('SET', 'protocol:n', `${number}`), encoded('GET', 'protocol:n'), encoded('NOSUCH'));
      expected += `+OK\r\n${bulk(`${number}`)}-ERR unknown command 'NOSUCH', with args beginning with: \r\n`;
    }
    one.send(Buffer.concat(commands));
    await one.gives(expected);
  });

  await claim('a command may come byte by byte', async () => {
    const one = await client();
    for (const byte of encoded('ECHO', 'slow')) one.send(Buffer.from([byte]));
    await one.gives(bulk('slow'));
  });

  await claim('a large value goes in and out', async () => {
    const one = await client();
    const value = Buffer.alloc(20_000_000, 'v');
    await one.ask(['SET', 'protocol:large', value], '+OK\r\n');
    one.command('GET', 'protocol:large');
    await one.gives(Buffer.concat([Buffer.from('$20000000\r\n'), value, Buffer.from('\r\n')]));
    await one.ask(['DEL', 'protocol:large'], ':1\r\n');
  });

  await claim('version 3 has shapes of its own', async () => {
    const one = await client(3);
    await one.ask(['GET', 'protocol:none'], '_\r\n');
    await one.ask(['DEL', 'protocol:h', 'protocol:s'], ':0\r\n');
    await one.ask(['HSET', 'protocol:h', 'f', 'v'], ':1\r\n');
    await one.ask(['HGETALL', 'protocol:h'], `%1\r\n${bulk('f')}${bulk('v')}`);
    await one.ask(['SADD', 'protocol:s', 'm'], ':1\r\n');
    await one.ask(['SMEMBERS', 'protocol:s'], `~1\r\n${bulk('m')}`);
    one.command('HELLO', '2');
    await one.reply();
    await one.ask(['HGETALL', 'protocol:h'], array('f', 'v'));
  });

  for (const [sent, said] of [
    ['*3000000000\r\n', 'invalid multibulk length'],
    ['*1\r\nfoo\r\n', "expected '$', got 'f'"],
    ['*1\r\n$-5\r\n', 'invalid bulk length'],
    ['*1\r\n$2000000000\r\n', 'invalid bulk length'],
    ['SET "a\r\n', 'unbalanced quotes in request'],
    [`${'x'.repeat(70_000)}`, 'too big inline request'],
    [`*${'1'.repeat(70_000)}`, 'too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(70_000)}`, 'too big bulk count string'],
  ]) {
    await claim(`${JSON.stringify(sent.slice(0, 20))} is answered and the connection ends`, async () => {
      const one = await client();
      one.send(Buffer.concat([encoded('PING'), Buffer.from(sent), encoded('PING')]));
      await one.gives(`+PONG\r\n-ERR Protocol error: ${said}\r\n`);
      await one.closed();
    });
  }

  await claim('an unknown command and a wrong number of arguments are answered, and no more', async () => {
    const one = await client();
    await one.ask(['nope', 'a'], "-ERR unknown command 'nope', with args beginning with: 'a' \r\n");
    await one.ask(['get'], "-ERR wrong number of arguments for 'get' command\r\n");
    await one.ask(['client', 'nope'], "-ERR unknown subcommand 'nope'. Try CLIENT HELP.\r\n");
    await one.quiet();
  });

  await claim('what a browser sends ends the connection', async () => {
    const one = await client();
    one.send('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await one.closed();
  });
}
