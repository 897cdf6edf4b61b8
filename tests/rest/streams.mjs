// Server-sent events.
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { check } from './door.mjs';

// A stream of events: `next()` gives the next one's data lines, joined by \n.
class Events {
  static async open(door, path, { method = 'POST', body = method === 'POST' ? '[]' : undefined, ...more } = {}) {
    const events = new Events();
    events.answer = await door.open({
      method,
      path,
      body,
      agent: new Agent(),
      headers: { accept: 'text/event-stream', 'upstash-encoding': 'base64' },
      ...more,
    });
    events.text = '';
    events.answer.setEncoding('utf8');
    events.pieces = events.answer[Symbol.asyncIterator]();
    return events;
  }

  async next() {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.text.slice(0, end).split('\n');
        this.text = this.text.slice(end + 2);
        const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
        if (data.length > 0) return data.join('\n');
        continue;
      }
      const { value, done } = await this.pieces.next();
      if (done) return undefined;
      this.text += value;
    }
  }

  close() {
    this.answer.destroy();
  }
}

async function until(check) {
  for (;;) {
    if (await check()) return;
    await pause(5);
  }
}

export default async function streams(claim, { door, readOnly }) {
  const publish = async (channel, text, receivers) => door.says(['PUBLISH', channel, text], receivers);

  await claim('a subscription begins with its channel, then come its messages', async () => {
    const events = await Events.open(door, '/subscribe/chat');
    assert.equal(events.answer.statusCode, 200);
    assert.equal(events.answer.headers['content-type'], 'text/event-stream');
    assert.equal(events.answer.headers['content-length'], undefined);
    assert.equal(events.answer.headers['cache-control'], 'no-cache');
    assert.equal(await events.next(), 'subscribe,chat,1');
    await publish('chat', '{"from":"ana","text":"hi, all"}', 1);
    assert.equal(await events.next(), 'message,chat,{"from":"ana","text":"hi, all"}');
    await publish('another', 'x', 0);
    await publish('chat', '', 1);
    assert.equal(await events.next(), 'message,chat,');
    events.close();
    await until(async () => (await door.command('PUBLISH', 'chat', 'gone')).result === 0);
  });
  await claim('further segments are further channels', async () => {
    const events = await Events.open(door, '/subscribe/one/two%20words');
    assert.equal(await events.next(), 'subscribe,one,1');
    assert.equal(await events.next(), 'subscribe,two words,2');
    await publish('two words', 'x', 1);
    await publish('one', 'y', 1);
    assert.equal(await events.next(), 'message,two words,x');
    assert.equal(await events.next(), 'message,one,y');
    events.close();
  });
  await claim('a pattern brings the channel of each message', async () => {
    const events = await Events.open(door, '/psubscribe/user:*');
    assert.equal(await events.next(), 'psubscribe,user:*,1');
    await publish('user:1', '{"a":1}', 1);
    assert.equal(await events.next(), 'pmessage,user:*,user:1,{"a":1}');
    await publish('post:1', 'x', 0);
    events.close();
  });
  await claim('a message of many lines is one event', async () => {
    const events = await Events.open(door, '/subscribe/lines');
    await events.next();
    await publish('lines', 'a\nb\r\nc\rd\n', 1);
    assert.equal(await events.next(), 'message,lines,a\nb\nc\nd\n');
    events.close();
  });
  await claim('GET with the token in the query serves browsers', async () => {
    const events = await Events.open(door, `/subscribe/browser?_token=${door.token}`, { method: 'GET', authorized: false });
    assert.equal(await events.next(), 'subscribe,browser,1');
    events.close();
  });
  await claim('the read-only token may listen', async () => {
    const events = await Events.open(readOnly, '/subscribe/public');
    assert.equal(await events.next(), 'subscribe,public,1');
    await publish('public', 'x', 1);
    assert.equal(await events.next(), 'message,public,x');
    events.close();
  });
  await claim('a subscription to nothing is refused', async () => {
    const { status, json } = await door.send({ method: 'POST', path: '/subscribe', headers: { accept: 'text/event-stream' } });
    assert.equal(status, 400);
    check(json, "ERR wrong number of arguments for 'subscribe' command");
  });
  await claim('monitor shows the commands of the database', async () => {
    const events = await Events.open(door, '/monitor');
    assert.equal(await events.next(), '"OK"');
    await door.says(['SET', 'k', 'a "b"\n'], 'OK');
    assert.match(await events.next(), /^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "k" "a \\"b\\"\\n"$/);
    events.close();
  });
  await claim('many listeners hear one message', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => Events.open(door, '/subscribe/many')));
    for (const events of all) await events.next();
    await publish('many', 'x', 20);
    for (const events of all) assert.equal(await events.next(), 'message,many,x');
    for (const events of all) events.close();
  });
  await claim('a listener that never reads is cut off, and the others are served', async () => {
    const socket = connect(door.port, '127.0.0.1');
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(
      `POST /redis/subscribe/flood HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${door.token}\r\n` +
        'Accept: text/event-stream\r\nContent-Length: 0\r\n\r\n',
    );
    await until(async () => (await door.command('PUBLISH', 'flood', 'first')).result === 1);
    const payload = 'x'.repeat(1 << 20);
    for (let sent = 0; sent < 40; ++sent) {
      assert.ok((await door.command('PUBLISH', 'flood', payload)).result <= 1);
    }
    await until(async () => (await door.command('PUBLISH', 'flood', 'x')).result === 0);
    socket.destroy();
  });
}
