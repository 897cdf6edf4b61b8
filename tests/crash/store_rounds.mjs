// Rounds of load over both protocols of the store, sudden end and new start. Each client writes keys of its own, so that
// what may be found afterwards is known: all that was acknowledged, and of what was under way a beginning.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { startServer, temporaryFolder } from '../clients/server.mjs';
import { Gone } from './connection.mjs';
import { RedisClient, RestClient } from './store_clients.mjs';

const secret = 'a-secret-of-the-crash-tests';
const clients = 6;

// What one client has written. `after` gives the state behind an operation; the words of the operation and what they
// must answer follow from the state before it.
const empty = { text: null, number: 0, length: 0, pair: null, toggled: null };

const operations = [
  { after: (state, n) => ({ ...state, text: String(n) }), words: (key, { text }) => ['SET', `${key}:text`, text], reply: () => 'OK' },
  { after: (state) => ({ ...state, number: state.number + 1 }), words: (key) => ['INCR', `${key}:number`], reply: ({ number }) => number },
  { after: (state) => ({ ...state, length: state.length + 1 }), words: (key, { length }) => ['RPUSH', `${key}:list`, length - 1], reply: ({ length }) => length },
  {
    after: (state, n) => ({ ...state, toggled: state.toggled === null ? String(n) : null }),
    words: (key, { toggled }) => (toggled === null ? ['DEL', `${key}:toggled`] : ['SET', `${key}:toggled`, toggled]),
    reply: ({ toggled }) => (toggled === null ? 1 : 'OK'),
  },
  {
    after: (state, n) => ({ ...state, pair: String(n) }),
    words: (key, { pair }) => ({ atomic: [['SET', `${key}:left`, pair], ['SET', `${key}:right`, pair]] }),
    reply: () => ['OK', 'OK'],
  },
];

class Writer {
  state = empty; // what is certainly there
  doubtful = []; // the states behind it, one for each operation under way

  constructor(key, dice) {
    this.key = key;
    this.dice = dice;
    this.count = 0;
    this.answers = 0;
  }

  // Sends batches until the server goes.
  async write(client) {
    try {
      for (;;) {
        const chosen = Array.from({ length: this.dice.between(1, 8) }, () => this.dice.pick(operations));
        const replies = [];
        const batch = chosen.map((operation) => {
          const state = operation.after(this.doubtful.at(-1) ?? this.state, ++this.count);
          this.doubtful.push(state);
          replies.push(operation.reply(state));
          return operation.words(this.key, state);
        });
        await client.run(batch, (reply) => {
          assert.deepEqual(reply, replies.shift(), `${this.key} was answered something else`);
          this.state = this.doubtful.shift();
          this.answers += 1;
        });
      }
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    } finally {
      client.close();
    }
  }

  // Compares what a new start shows with what may be there, and goes on from it.
  async check(client) {
    const replies = [];
    const keys = ['text', 'number', 'left', 'right', 'toggled'].map((name) => ['GET', `${this.key}:${name}`]);
    await client.run([...keys, ['LRANGE', `${this.key}:list`, 0, -1]], (reply) => replies.push(reply));
    client.close();
    const [text, number, left, right, toggled, list] = replies;
    assert.equal(left, right, `${this.key}: half a transaction`);
    assert.deepEqual(list, Array.from({ length: list.length }, (_, at) => String(at)), `${this.key}: the list has gaps`);
    const found = { text, number: Number(number ?? 0), length: list.length, pair: left, toggled };
    const possible = [this.state, ...this.doubtful];
    assert.ok(
      possible.some((state) => JSON.stringify(state) === JSON.stringify(found)),
      `${this.key}: found ${JSON.stringify(found)}, acknowledged ${JSON.stringify(this.state)}, ${this.doubtful.length} under way`,
    );
    this.state = found;
    this.doubtful = [];
  }
}

export async function storeRounds(claim, dice, rounds) {
  const data = await temporaryFolder();
  const writers = Array.from({ length: clients }, (_, at) => new Writer(`client-${at}`, dice));
  const connect = (server, at) => (at % 3 === 2 ? new RestClient(server, secret) : new RedisClient(server, secret));
  let [running, failed] = [undefined, false];

  async function play(environment) {
    const start = async () => (running = await startServer({ data, environment: { ...environment, MILLRACE_TOKEN: secret }, options: ['--quiet'] }));
    const server = await start();
    const before = writers.reduce((sum, writer) => sum + writer.answers, 0);
    const writing = writers.map((writer, at) => writer.write(connect(server, at)));
    await Promise.all([...writing, pause(dice.between(200, 700)).then(() => server.kill('SIGKILL'))]);
    const answers = writers.reduce((sum, writer) => sum + writer.answers, 0) - before;
    assert.ok(answers > 0, `nothing was answered in this round:\n${server.output()}`);
    const again = await start();
    for (const [at, writer] of writers.entries()) await writer.check(connect(again, at));
    await again.stop();
    console.log(`   ${answers} answers`);
  }

  for (const [what, environment] of [['kill', {}], ['power loss', { MILLRACE_TEST_HOLD_UNSYNCED: 'true' }]]) {
    for (let round = 1; round <= rounds; ++round) {
      await claim(`store: ${what} ${round} of ${rounds} under load loses nothing and halves nothing`, async () => {
        assert.ok(!failed, `not tried: an earlier round failed; its data is in ${data}`);
        failed = true;
        try {
          await play(environment);
          failed = false;
        } finally {
          if (failed) await running?.kill('SIGKILL');
        }
      });
    }
  }
  if (!failed) await rm(data, { recursive: true, force: true });
}
