// Rounds of load, sudden end and new start on one data folder. First the process is killed; then its power is taken,
// which is the same with a file layer that keeps in memory what was not synced. After each start everything that was
// acknowledged must be there exactly once and in order, and nothing that nobody asked for.
//
// MILLRACE_CRASH_ROUNDS  of each kind; 10 without it
// MILLRACE_SEED          repeats the choices of a run (not its timing)
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { claims } from '../claims.mjs';
import { program, startServer, temporaryFolder } from '../clients/server.mjs';
import { Connection } from './connection.mjs';
import { deliveryRounds } from './delivery_rounds.mjs';
import { makeDice, seed } from './dice.mjs';
import { History } from './history.mjs';
import { Load } from './load.mjs';
import { logRounds } from './log_rounds.mjs';
import { storeRounds } from './store_rounds.mjs';

const rounds = Number(process.env.MILLRACE_CRASH_ROUNDS ?? 10);
const connections = 8;
const data = await temporaryFolder();
const dice = makeDice(seed);
const history = new History();
const repeatable = []; // requests with an idempotency key, and their answers, of all rounds
const { claim, close } = claims();

console.log(`seed ${seed}, ${rounds} rounds of each kind, data in ${data}`);

let running; // the server of the moment
let failed = false; // a round did; the data folder is kept, and the model no longer knows what is in it

const held = { MILLRACE_TEST_HOLD_UNSYNCED: 'true' };
const start = async (environment) => (running = await startServer({ data, environment, options: ['--quiet'] }));

// Runs millrace rebuild and gives its exit code and its last line, parsed.
async function rebuild(environment = {}) {
  const child = spawn(program, ['rebuild', '--data', data, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let [text, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  child.stderr.setEncoding('utf8').on('data', (piece) => (complaint += piece));
  const [code] = await once(child, 'close');
  return { code, complaint, last: code === 0 ? JSON.parse(text.trim().split('\n').at(-1)) : undefined };
}

// The list, and how many events the log has: the offset of one more tells.
async function look(server, text) {
  const connection = new Connection(server);
  const list = await connection.list();
  const probe = await connection.send({ changes: [{ kind: 'create', text }] });
  connection.close();
  return { list, probe };
}

async function settle(server, name) {
  const { list, probe } = await look(server, `${name} probe`);
  const happened = history.settle(list, probe.offset - 1);
  history.acknowledge({ connection: { offset: 0 }, changes: [{ kind: 'create', text: `${name} probe` }] }, probe);
  return happened;
}

// Requests with a key may be sent again, whether they were answered or not: each change happens once.
async function repeatRequests(server, doubtful) {
  const connection = new Connection(server);
  for (const { changes, key, answer } of repeatable.slice(-40)) {
    assert.deepEqual(await connection.send({ changes, key }), answer, `another answer to ${key}, repeated`);
  }
  const before = new Map((await connection.list()).map((task) => [task.text, task]));
  for (const request of doubtful) {
    const answer = await connection.send(request);
    assert.deepEqual(await connection.send(request), answer, `another answer to ${request.key}, repeated`);
    request.changes.forEach((change, at) => {
      if (change.kind !== 'create' || !before.has(change.text)) return;
      assert.equal(answer.tasks[at].id, before.get(change.text).id, `${request.key} made its task twice`);
    });
  }
  connection.close();
}

// After requests were repeated: what they were to do is done, once, and nothing else.
async function adopt(server, name, repeated) {
  const { list, probe } = await look(server, `${name} adopted`);
  assert.equal(new Set(list.map((task) => task.text)).size, list.length, 'a task was made twice');
  const changed = new Set(repeated.flatMap(({ changes }) => changes.flatMap(({ id, text }) => [id, text])));
  const others = (tasks) => tasks.filter(({ id, text }) => !changed.has(id) && !changed.has(text));
  assert.deepEqual(others(list), others([...history.tasks.values()]), 'a repeated request changed other tasks');
  history.tasks = new Map(list.map((task) => [task.id, task]));
  history.events = probe.offset - 1;
  history.acknowledge({ connection: { offset: 0 }, changes: [{ kind: 'create', text: `${name} adopted` }] }, probe);
}

async function playRound(name, environment) {
  const load = new Load(await start(environment), history, name, dice.between(0, 2 ** 31));
  const { server } = load;
  const changing = load.run(connections);
  const rebuilding = dice.chance(0.3) ? pause(dice.between(50, 400)).then(() => rebuild(environment)) : undefined;
  const ended = pause(dice.between(250, 800)).then(() => server.kill('SIGKILL'));
  try {
    await Promise.all([changing, ended]);
  } finally {
    await ended;
    await rebuilding; // another process that opens the folder
  }
  assert.ok(load.answers > 0, `nothing was answered in this round:\n${server.output()}`);

  const doubtful = history.doubts.filter((request) => request.key);
  const doubts = history.doubts.reduce((sum, request) => sum + request.changes.length, 0);
  const again = await start(environment);
  const happened = await settle(again, name);
  await repeatRequests(again, doubtful);
  await adopt(again, name, doubtful);
  for (const request of history.offsets.values()) {
    if (request.key && request.answer) repeatable.push(request);
  }
  history.offsets = new Map([...history.offsets.keys()].map((offset) => [offset, {}]));
  await again.stop();
  console.log(
    `   ${load.answers} answers, ${happened} of ${doubts} unanswered changes happened, ` +
      `${history.events} events, ${history.tasks.size} tasks${rebuilding ? ', killed after a rebuild began' : ''}`,
  );
}

async function claimRounds(what, environment) {
  for (let round = 1; round <= rounds; ++round) {
    await claim(`${what} ${round} of ${rounds} under load loses and repeats nothing`, async () => {
      assert.ok(!failed, `not tried: an earlier round failed; its data is in ${data}`);
      failed = true;
      try {
        await playRound(`${what[0]}${round}`, environment);
        failed = false;
      } finally {
        if (failed) await running?.kill('SIGKILL');
      }
    });
  }
}

await claimRounds('kill', {});
await claimRounds('power loss', held);

await claim('a rebuild from the log gives the same list', async () => {
  assert.ok(!failed, `not tried: an earlier round failed; its data is in ${data}`);
  const first = await start({});
  const connection = new Connection(first);
  const before = await connection.list();
  connection.close();
  await first.stop();
  const { code, complaint, last } = await rebuild();
  assert.equal(code, 0, complaint);
  assert.equal(last.done, true);
  assert.equal(last.skipped, 0);
  assert.equal(last.events, history.events, 'events in the log');
  const second = await start({});
  const { list } = await look(second, 'the end');
  await second.stop();

  assert.equal(JSON.stringify(list), JSON.stringify(before));
});

// Shows that the rounds above could have failed.
await claim('a power loss does cost acknowledged work when nothing is synced', async () => {
  const folder = await temporaryFolder();
  const options = ['--quiet', '--hold-unsynced', '--durability', 'os'];
  const first = await startServer({ data: folder, options });
  await look(first, 'lost');
  await first.kill('SIGKILL');
  const second = await startServer({ data: folder, options });
  const { list } = await look(second, 'new');
  await second.stop();
  await rm(folder, { recursive: true });

  assert.deepEqual(list, []);
});

await storeRounds(claim, dice, rounds);
await logRounds(claim, dice, rounds);
await deliveryRounds(claim, dice, rounds);

if (!failed) await rm(data, { recursive: true, force: true });
close();
