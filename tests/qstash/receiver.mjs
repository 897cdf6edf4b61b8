// A local HTTP server that takes messages: it keeps what arrived and answers as it is told.
//
//   const receiver = await startReceiver();
//   receiver.answer('/orders', (request, attempt) => ({ status: attempt === 1 ? 500 : 200, body: 'ok' }));
//   const request = await receiver.next('/orders');      // { method, path, headers, body, attempt, at }
//   await receiver.close();
import { once } from 'node:events';
import { createServer } from 'node:http';

const patience = 20_000; // ms until something that should arrive counts as lost

export async function startReceiver() {
  const arrived = []; // requests in the order of their arrival
  const taken = new Set();
  const answers = new Map(); // by path without the query
  const attempts = new Map(); // by message id
  let news = new EventTarget();

  const server = createServer((incoming, response) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', async () => {
      const id = incoming.headers['upstash-message-id'];
      const attempt = (attempts.get(`${id} ${incoming.url}`) ?? 0) + 1;
      attempts.set(`${id} ${incoming.url}`, attempt);
      const bytes = Buffer.concat(chunks);
      const request = {
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
        names: incoming.rawHeaders.filter((_, at) => at % 2 === 0),
        bytes,
        body: bytes.toString(),
        attempt,
        at: Date.now(),
      };
      arrived.push(request);
      news.dispatchEvent(new Event('arrived'));
      const answer = answers.get(new URL(incoming.url, 'http://x').pathname);
      const said = (await answer?.(request, attempt)) ?? {};
      response.writeHead(said.status ?? 200, { 'content-type': 'text/plain', ...said.headers });
      response.end(said.body ?? 'ok');
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;

  const matches = (request, path) => request.path === path || request.path.startsWith(`${path}?`);

  // The first request to this path that was not taken yet, waiting for it.
  async function next(path, within = patience) {
    const deadline = Date.now() + within;
    for (;;) {
      const found = arrived.find((request) => !taken.has(request) && matches(request, path));
      if (found) {
        taken.add(found);
        return found;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`nothing arrived at ${path} within ${within} ms`);
      await new Promise((done) => {
        const timer = setTimeout(done, left);
        news.addEventListener('arrived', () => (clearTimeout(timer), done()), { once: true });
      });
    }
  }

  return {
    url,
    arrived,
    next,
    at: (path) => arrived.filter((request) => matches(request, path)),
    answer: (path, give) => answers.set(path, give),
    forget: () => {
      arrived.length = 0;
      answers.clear();
      news = new EventTarget();
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
