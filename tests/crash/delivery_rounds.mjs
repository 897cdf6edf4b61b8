// Rounds of publishing, delivering and retrying, sudden end and new start. Every accepted message arrives at its
// receiver at least once or is among the dead letters; a queue keeps its order; what arrives twice was in flight when
// the server ended.
import assert from 'node:assert/strict';
import http from 'node:http';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { startServer, temporaryFolder } from '../clients/server.mjs';

const publishers = 6;
const queues = ['q-0', 'q-1', 'q-2'];
const token = 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=';
const settled = 40_000; // ms that what is left may take

const isGone = (error) => error.code !== undefined && error.code !== 'ERR_ASSERTION';

// A receiver whose answers hang on the path: /ok, /flaky (every other try fails), /never, /slow.
class Receiver {
  seen = new Map(); // body -> how often it arrived
  orders = new Map(queues.map((queue) => [queue, []])); // first arrivals
  overlaps = 0; // attempts for a queue while another was under way
  #tries = new Map();
  #busy = new Set();

  async open() {
    this.server = http.createServer((request, answer) => this.#take(request, answer)).listen(0, '127.0.0.1');
    await new Promise((resolve) => this.server.once('listening', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  forgetBusy() {
    this.#busy.clear();
  }

  async #take(request, answer) {
    const pieces = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return; // the sender ended
    }
    const body = Buffer.concat(pieces).toString();
    const [, kind, queue] = request.url.split('/');
    if (kind === 'slow') await pause(30);
    if (queue) {
      if (this.#busy.has(queue)) this.overlaps += 1;
      this.#busy.add(queue);
      await pause(1);
    }
    const tries = (this.#tries.get(body) ?? 0) + 1;
    this.#tries.set(body, tries);
    const good = kind !== 'never' && (kind !== 'flaky' || tries % 2 === 0);
    if (good) {
      if (queue && !this.seen.has(body)) this.orders.get(queue).push(body);
      this.seen.set(body, (this.seen.get(body) ?? 0) + 1);
    }
    this.#busy.delete(queue);
    answer.writeHead(good ? 200 : 500).end('x');
  }
}

class Publisher {
  count = 0;
  accepted = []; // { body, kind, queue }
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  constructor(name, dice, receiver) {
    Object.assign(this, { name, dice, receiver });
  }

  // One message, or many of them in one request.
  chooseRequest() {
    if (this.dice.chance(0.5)) {
      const one = this.choose();
      return { ...one, body: one.message.body, messages: [one.message] };
    }
    const many = Array.from({ length: this.dice.between(2, 30) }, () => this.choose());
    const batch = many.map(({ message, url, headers }) => ({ destination: url, headers, body: message.body, queue: message.queue }));
    const headers = { 'Content-Type': 'application/json' };
    return { path: '/v2/batch', headers, body: JSON.stringify(batch), messages: many.map(({ message }) => message) };
  }

  choose() {
    const body = `${this.name}-${(this.count += 1)}`;
    const kind = this.dice.pick(['ok', 'ok', 'ok', 'flaky', 'slow', 'never']);
    const headers = { 'Upstash-Retries': kind === 'never' ? '1' : '9', 'Upstash-Retry-Delay': '50' };
    // A queue has one publisher, or nobody could say what its order is.
    const queue = this.queue && this.dice.chance(0.1) ? this.queue : undefined; // one at a time takes long
    if (!queue && this.dice.chance(0.2)) headers['Upstash-Delay'] = '1s';
    if (!queue && this.dice.chance(0.2)) {
      headers['Upstash-Flow-Control-Key'] = `flow-${this.dice.between(0, 2)}`;
      headers['Upstash-Flow-Control-Value'] = 'parallelism=5';
    }
    const url = `${this.receiver.url}/${kind}${queue ? `/${queue}` : ''}`;
    return { message: { body, kind, queue }, url, headers, path: queue ? `/v2/enqueue/${queue}/${url}` : `/v2/publish/${url}` };
  }

  async publish(server) {
    let chosen;
    try {
      for (;;) {
        chosen = this.chooseRequest();
        const { status, text } = await send(server, this.#agent, { method: 'POST', ...chosen });
        assert.equal(status, 200, text);
        const answers = [JSON.parse(text)].flat();
        assert.equal(answers.length, chosen.messages.length, text);
        answers.forEach((answer, at) => {
          assert.ok(answer.messageId, JSON.stringify(answer));
          this.accepted.push(chosen.messages[at]);
        });
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

function send(server, agent, { method = 'GET', path, headers = {}, body }) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method, agent, headers: { Authorization: `Bearer ${token}`, ...headers } };
    const request = http.request(options, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(pieces).toString() }));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function deadLetters(server) {
  const found = new Set();
  for (let cursor; ; ) {
    const { status, text } = await send(server, undefined, { path: `/v2/dlq?count=100${cursor ? `&cursor=${cursor}` : ''}` });
    assert.equal(status, 200, text);
    const page = JSON.parse(text);
    for (const letter of page.messages) found.add(letter.body);
    if (!(cursor = page.cursor)) return found;
  }
}

// What the log says of the messages with this body, among the latest.
async function statesOf(server, body) {
  const { text } = await send(server, undefined, { path: '/v2/events?count=1000' });
  const wanted = Buffer.from(body).toString('base64');
  return (JSON.parse(text).events ?? []).filter((event) => event.body === wanted).map(({ state, time }) => `${state} ${time}`);
}

export async function deliveryRounds(claim, dice, rounds) {
  const data = await temporaryFolder();
  const receiver = new Receiver();
  await receiver.open();
  const all = Array.from({ length: publishers }, (_, at) => new Publisher(`publisher-${at}`, dice, receiver));
  all.forEach((publisher, at) => (publisher.queue = queues[at]));
  let [running, failed] = [undefined, false];
  const start = async (environment) => (running = await startServer({ data, environment, options: ['--quiet'] }));

  // Every accepted message has arrived or is a dead letter; a publish without an answer may have happened or not.
  async function settle(server, accepted) {
    let left = accepted;
    let dead = new Set();
    for (const until = Date.now() + settled; left.length > 0 && Date.now() < until; ) {
      await pause(200);
      left = left.filter(({ body }) => !receiver.seen.has(body));
      if (left.some(({ kind }) => kind === 'never')) dead = await deadLetters(server);
      left = left.filter(({ body }) => !dead.has(body));
    }
    const shown = left.slice(0, 5);
    for (const message of shown) message.told = await statesOf(server, message.body);
    assert.deepEqual(shown, [], `${left.length} accepted messages neither arrived nor are dead letters`);
  }

  function checkOrders() {
    for (const queue of queues) {
      const order = receiver.orders.get(queue).map((body) => Number(body.split('-').at(-1)));
      order.forEach((number, at) => {
        if (at > 0) assert.ok(number > order[at - 1], `${queue}: ${number} arrived behind ${order[at - 1]}`);
      });
    }
  }

  async function play(environment, ends) {
    let messages = 0;
    const accepted = [];
    for (let end = 0; end < ends; ++end) {
      const server = await start(environment);
      receiver.forgetBusy();
      const before = all.reduce((sum, publisher) => sum + publisher.accepted.length, 0);
      const ended = pause(dice.between(400, 900)).then(() => server.kill('SIGKILL'));
      await Promise.all([...all.map((publisher) => publisher.publish(server)), ended]);
      const now = all.reduce((sum, publisher) => sum + publisher.accepted.length, 0);
      assert.ok(now > before, `nothing was accepted in this round:\n${server.output()}`);
      messages += now - before;
    }
    for (const publisher of all) accepted.push(...publisher.accepted.splice(0));
    const again = await start(environment);
    receiver.forgetBusy();
    await settle(again, accepted);
    checkOrders();
    // An attempt of the server that ended may still be answered beside the first one of the next.
    assert.ok(receiver.overlaps <= queues.length * (ends + 1), `${receiver.overlaps} attempts overlapped in queues`);
    receiver.overlaps = 0;
    const twice = accepted.filter(({ body }) => receiver.seen.get(body) > 1).length;
    await running.stop();
    console.log(`   ${messages} messages accepted, ${twice} arrived more than once`);
  }

  for (const [what, environment] of [['kill', {}], ['power loss', { MILLRACE_TEST_HOLD_UNSYNCED: 'true' }]]) {
    for (let round = 1; round <= rounds; ++round) {
      await claim(`delivery: ${what} ${round} of ${rounds} under load loses no message and keeps the order of queues`, async () => {
        assert.ok(!failed, `not tried: an earlier round failed; its data is in ${data}`);
        failed = true;
        try {
          await play(environment, 2);
          failed = false;
        } finally {
          if (failed) await running?.kill('SIGKILL');
        }
      });
    }
  }
  receiver.close();
  if (!failed) await rm(data, { recursive: true, force: true });
}
