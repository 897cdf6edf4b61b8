// How the server ends, and how soon it is there again.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { graphql, startServer } from '../clients/server.mjs';
import { createTask, eventually, freePort, inFolder, launch, listTexts } from './program.mjs';

const isSanitized = Boolean(process.env.MILLRACE_SANITIZED);

// Whether nobody listens at the port any more.
const isRefused = (port) =>
  new Promise((done) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.on('connect', () => done(false)).on('error', () => done(true));
    socket.on('connect', () => socket.destroy());
  });

export default async function play(claim) {
  await claim('a request whose body is on its way at SIGTERM is answered, and the end is 0', async () => {
    const server = await startServer();
    const body = JSON.stringify({ query: 'mutation { createTask(text: "last") { text } }' });
    const socket = net.connect({ host: '127.0.0.1', port: server.http });
    let received = '';
    socket.setEncoding('utf8').on('data', (text) => (received += text));
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n' +
        `Content-Length: ${body.length}\r\n\r\n`,
    );
    await eventually(() => received.includes('100 Continue'), 'the word to go on');
    server.child.kill('SIGTERM');
    await eventually(() => isRefused(server.http), 'the port to be closed');
    socket.write(body);
    await once(socket, 'close');
    const { code } = await server.exit;
    await server.removeData();

    assert.match(received, /HTTP\/1\.1 200 OK/);
    assert.match(received, /"data":\{"createTask":\{"text":"last"\}\}/);
    assert.match(received, /connection: close/i);
    assert.equal(code, 0);
  });

  await claim('SIGTERM under load ends with 0; all that was acknowledged is there, and no answer is cut off', () =>
    inFolder(async (data) => {
      const server = await startServer({ data, options: ['--quiet'] });
      const acknowledged = [];
      const change = async (worker) => {
        for (let number = 0; ; ++number) {
          const text = `${worker} ${number}`;
          let answer;
          try {
            answer = await graphql(server, 'mutation($text: String!) { createTask(text: $text) { id } }', { text });
          } catch (error) {
            // Closed between two requests, or refused; an answer that was cut off is a SyntaxError or "terminated".
            assert.match(String(error), /fetch failed/);
            return;
          }
          assert.equal(answer.status, 200);
          acknowledged.push(text);
        }
      };
      const load = Promise.all(Array.from({ length: 16 }, (_, worker) => change(worker)));
      await eventually(() => acknowledged.length > 50, 'some load');
      await pause(100);
      await server.stop();
      await load;
      const again = await startServer({ data, options: ['--quiet'] });
      const found = new Set(await listTexts(again));
      await again.stop();

      assert.deepEqual(acknowledged.filter((text) => !found.has(text)), []);
    }),
  );

  await claim('SIGINT ends it as well', () =>
    inFolder(async (data) => {
      const port = await freePort();
      const server = await launch(['dev', '--data', data, '--port', String(port)], port);
      await server.stop('SIGINT');
    }),
  );

  await claim('an idle connection does not hold up the end', async () => {
    const server = await startServer();
    const socket = net.connect({ host: '127.0.0.1', port: server.http });
    await once(socket, 'connect');
    socket.write('GET /health HTTP/1.1\r\nHost: h\r\n\r\n');
    await once(socket, 'data');
    const before = performance.now();
    const ended = once(socket, 'close');
    await server.stop();
    await ended;
    assert.ok(performance.now() - before < (isSanitized ? 20_000 : 3000));
  });

  await claim('a second start takes less than a second', () =>
    inFolder(async (data) => {
      const first = await startServer({ data });
      for (let number = 0; number < 20; ++number) await createTask(first, String(number));
      await first.stop();
      const before = performance.now();
      const second = await startServer({ data });
      const spent = performance.now() - before;
      assert.equal((await listTexts(second)).length, 20);
      await second.stop();

      assert.ok(isSanitized || spent < 1000, `it took ${Math.round(spent)} ms`);
      console.log(`   ${Math.round(spent)} ms`);
    }),
  );
}
