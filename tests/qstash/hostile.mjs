// Receivers that misbehave cost an attempt, and nobody else anything.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

// A receiver that does `behave(socket)` once a request begins to come.
async function receiverThat(behave) {
  const sockets = new Set();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', () => behave(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/x`,
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

// Calls `write` again and again until the other side has gone.
function goOn(socket, pause, write) {
  const timer = setInterval(() => socket.writable && write(), pause);
  socket.on('close', () => clearInterval(timer));
}

const behaviours = {
  'never answers': () => undefined,
  'answers byte by byte': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    goOn(socket, 20, () => socket.write('x'));
  },
  'sends headers without end': (socket) => goOn(socket, 1, () => socket.write(`x-${Math.random()}: ${'y'.repeat(4000)}\r\n`)),
  'closes at once': (socket) => socket.destroy(),
  'closes in its answer': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort'),
  'speaks no HTTP': (socket) => socket.end('220 mail.example ESMTP\r\n'),
  'redirects to itself': (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'),
  'has an absurd status': (socket) => socket.end('HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n'),
};

export default async function hostile(claim, { door, receiver, server }) {
  const resident = async () => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
  const once1 = { 'upstash-retries': '0', 'upstash-timeout': '2s' };

  for (const [what, behave] of Object.entries(behaviours)) {
    await claim(`one that ${what} fails, and others get theirs meanwhile`, async () => {
      const bad = await receiverThat(behave);
      try {
        const { messageId } = await door.publish(bad.url, 'x'.repeat(1000), once1);
        await door.publish(`${receiver.url}/fine`, what);
        assert.equal((await receiver.next('/fine', 5000)).body, what);
        const states = await door.states(messageId, 'FAILED', 'DELIVERED');
        assert.equal(states.at(-1), 'FAILED');
        assert.equal(bad.connections(), 1);
      } finally {
        bad.close();
      }
    });
  }

  await claim('one that sends a body without end is cut off, and costs no memory', async () => {
    const chunk = Buffer.alloc(65_536, 'x');
    const bad = await receiverThat((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = () => {
        while (socket.writable && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
    });
    const before = await resident();
    try {
      const ids = [];
      for (let i = 0; i < 10; i += 1) ids.push((await door.publish(bad.url, 'x', once1)).messageId);
      for (const id of ids) await door.states(id, 'FAILED', 'DELIVERED');
      const grown = (await resident()) - before;
      assert.ok(grown < (process.env.MILLRACE_SANITIZED ? 500 : 100), `${grown} MB`);
    } finally {
      bad.close();
    }
  });

  await claim('a host that is slow does not take the place of others', async () => {
    const slow = await receiverThat(() => undefined);
    try {
      const elements = Array.from({ length: 300 }, () => ({
        destination: slow.url, body: 'x', headers: { 'upstash-retries': '0', 'upstash-timeout': '30s', 'upstash-label': 'slow' },
      }));
      await door.ok('POST', '/v2/batch', { body: elements });
      const begun = Date.now();
      await door.publish(`${receiver.url}/quick`, 'x');
      await receiver.next('/quick', 5000);
      assert.ok(Date.now() - begun < 5000);
      const { parallelismCount } = await door.ok('GET', '/v2/globalParallelism');
      assert.ok(parallelismCount <= 60, `${parallelismCount} in flight`);
    } finally {
      await door.ok('DELETE', '/v2/messages?label=slow&count=500');
      slow.close();
    }
  });
}
