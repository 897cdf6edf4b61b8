// Messages and MONITOR.
import assert from 'node:assert/strict';

import { array, bulk, encoded, push } from './client.mjs';

const told = (kind, name, count, mark = '*') => `${mark}3\r\n${bulk(kind)}${name === null ? (mark === '*' ? '$-1\r\n' : '_\r\n') : bulk(name)}:${count}\r\n`;

export default async function play(claim, { client, stranger, secret }) {
  await claim('a message comes to those who listen, by channel and by pattern', async () => {
    const one = await client();
    const other = await client();
    await one.ask(['SUBSCRIBE', 'news', 'sport'], told('subscribe', 'news', 1) + told('subscribe', 'sport', 2));
    await one.ask(['PSUBSCRIBE', 'n*'], told('psubscribe', 'n*', 3));
    await one.ask(['SUBSCRIBE', 'news'], told('subscribe', 'news', 3));
    await other.ask(['PUBLISH', 'news', 'hello'], ':2\r\n');
    await other.ask(['PUBLISH', 'weather', 'hello'], ':0\r\n');
    await one.gives(array('message', 'news', 'hello') + array('pmessage', 'n*', 'news', 'hello'));
    await one.ask(['UNSUBSCRIBE', 'news'], told('unsubscribe', 'news', 2));
    await one.ask(['PUNSUBSCRIBE'], told('punsubscribe', 'n*', 1));
    await one.ask(['UNSUBSCRIBE'], told('unsubscribe', 'sport', 0));
    await one.ask(['UNSUBSCRIBE'], told('unsubscribe', null, 0));
    await other.ask(['PUBLISH', 'news', 'hello'], ':0\r\n');
    await one.quiet();
  });

  await claim('in version 2 a listener can do little else', async () => {
    const one = await client();
    await one.ask(['SUBSCRIBE', 'news'], told('subscribe', 'news', 1));
    await one.ask(
      ['GET', 'a'],
      "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n",
    );
    await one.ask(['PING'], array('pong', ''));
    await one.ask(['PING', 'x'], array('pong', 'x'));
    await one.ask(['RESET'], '+RESET\r\n');
    await one.ask(['AUTH', secret], '+OK\r\n');
    await one.quiet();
  });

  await claim('in version 3 messages are pushed, and everything goes on', async () => {
    const one = await client(3);
    const other = await client();
    await one.ask(['SUBSCRIBE', 'news'], told('subscribe', 'news', 1, '>'));
    await one.ask(['PSUBSCRIBE', 'new?'], told('psubscribe', 'new?', 2, '>'));
    await one.ask(['PING'], '+PONG\r\n');
    await one.ask(['SET', 'pubsub:a', '1'], '+OK\r\n');
    await other.ask(['PUBLISH', 'news', 'hello'], ':2\r\n');
    await one.gives(push('message', 'news', 'hello') + push('pmessage', 'new?', 'news', 'hello'));
    await one.ask(['UNSUBSCRIBE'], told('unsubscribe', 'news', 1, '>'));
    await one.ask(['PUNSUBSCRIBE', 'none'], told('punsubscribe', 'none', 1, '>'));
    await one.ask(['UNSUBSCRIBE'], told('unsubscribe', null, 1, '>'));
  });

  await claim('shard channels are a space of their own', async () => {
    const one = await client();
    const other = await client();
    await one.ask(['SSUBSCRIBE', 'news'], told('ssubscribe', 'news', 1));
    await other.ask(['PUBLISH', 'news', 'a'], ':0\r\n');
    await other.ask(['SPUBLISH', 'news', 'b'], ':1\r\n');
    await one.gives(array('smessage', 'news', 'b'));
    await one.ask(['SUBSCRIBE', 'other'], told('subscribe', 'other', 1));
    await one.ask(['SUNSUBSCRIBE'], told('sunsubscribe', 'news', 0));
  });

  await claim('messages come in the order in which they were published', async () => {
    const one = await client();
    const other = await client();
    await one.ask(['SUBSCRIBE', 'row'], told('subscribe', 'row', 1));
    const all = Array.from({ length: 3000 }, (_, number) => `${number}`);
    other.send(Buffer.concat(all.map((text) => encoded('PUBLISH', 'row', text))));
    await one.gives(all.map((text) => array('message', 'row', text)).join(''));
  });

  await claim('who has gone is not counted', async () => {
    const one = await client();
    const other = await client();
    await one.ask(['SUBSCRIBE', 'gone'], told('subscribe', 'gone', 1));
    await other.ask(['PUBLISH', 'gone', 'a'], ':1\r\n');
    one.close();
    while ((await other.asked('PUBLISH', 'gone', 'a')) !== ':0');
  });

  await claim('MONITOR shows every command, but no secrets', async () => {
    const one = await client();
    const other = await client();
    await one.ask(['MONITOR'], '+OK\r\n');
    await other.ask(['SET', 'pubsub:m', 'a"\n\x01'], '+OK\r\n');
    assert.match(await one.reply(), /^\+\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "pubsub:m" "a\\"\\n\\x01"$/);
    await other.ask(['MULTI'], '+OK\r\n');
    await other.ask(['GET', 'pubsub:m'], '+QUEUED\r\n');
    other.command('EXEC');
    await other.reply();
    assert.match(await one.reply(), /"MULTI"$/);
    assert.match(await one.reply(), /"GET" "pubsub:m"$/);
    assert.match(await one.reply(), /"exec"$/);
    await other.asked('HELLO', '2', 'AUTH', 'default', 'guess');
    assert.match(await one.reply(), /"HELLO" "2" "AUTH" "\(redacted\)" "\(redacted\)"$/);
    const third = await stranger();
    await third.ask(['AUTH', secret], '+OK\r\n');
    await third.ask(['AUTH', secret], '+OK\r\n');
    assert.match(await one.reply(), /"AUTH" "\(redacted\)"$/);
  });
}
