// Side by side: appends, batches, tails and waiting readers. Servers take turns, each round begins with another one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds, residentMemory, run } from '../processes.mjs';
import { workFolder } from '../stacks.mjs';
import { startMillrace, startNats, startRedis } from './servers.mjs';

const source = path.join(import.meta.dirname, 'load.cc');
const generator = path.join(workFolder, 'log-load');
const IDLE_SECONDS = 3;

export const starters = {
  millrace: startMillrace,
  'redis-server': startRedis,
  'nats-server, folder synced': () => startNats({ synced: true }),
  'nats-server, not synced': startNats,
};

export const loads = [
  { name: 'append, 1 producer', mode: 'append', connections: 1 },
  { name: 'append, 64 producers', mode: 'append', connections: 64, aim: true },
  { name: 'append 100 at a time, 8 producers', mode: 'append', connections: 8, batch: 100 },
  { name: 'tail, from append to reader', mode: 'tail' },
];

export const waiters = ['millrace', 'redis-server', 'nats-server, not synced'];

// What runs beside the appends of millrace: as they are, with records expiring, with keys, and with keys compacted.
export const chores = [
  { name: 'append, 64 producers, all is kept', settings: {} },
  { name: 'append, 64 producers, retention removes the oldest', settings: { retention_bytes: 1_000_000 } },
  { name: 'append, 64 producers, 5,000 keys', settings: {}, keys: 5000 },
  { name: 'append, 64 producers, 5,000 keys, compaction', settings: { cleanup: 'compact' }, keys: 5000 },
];

export async function buildGenerator() {
  fs.mkdirSync(workFolder, { recursive: true });
  if (fs.existsSync(generator) && fs.statSync(generator).mtimeMs > fs.statSync(source).mtimeMs) return;
  await run(process.env.CXX ?? 'c++', ['-std=c++20', '-O2', source, '-o', generator], { timeoutMs: 120_000 });
}

const optionsOf = (place, load) =>
  Object.entries({ ...place, ...load }).flatMap(([name, value]) => [`--${name}`, String(value)]);

async function drive(server, place, { mode, connections = 1, batch = 1, keys = 0 }, seconds) {
  const before = cpuSeconds([server.child]);
  const options = optionsOf(place, { mode, connections, batch, keys, seconds });
  const figures = JSON.parse(await run(generator, options, { timeoutMs: (seconds + 60) * 1000 }));
  const cpu = cpuSeconds([server.child]) - before;
  return { ...figures, per_cpu_second: figures.records / cpu, cores: cpu / figures.seconds };
}

export async function compare({ rounds, seconds }, progress) {
  const results = Object.fromEntries(loads.map(({ name }) => [name, {}]));
  const sides = Object.keys(starters);
  for (let round = 0; round < rounds; ++round) {
    for (const side of [...sides.slice(round % sides.length), ...sides.slice(0, round % sides.length)]) {
      const server = await starters[side]();
      try {
        for (const load of loads) {
          progress.step(`round ${round + 1} of ${rounds}: ${side}, ${load.name}`);
          await drive(server, await server.open(), load, 0.5); // to warm up
          (results[load.name][side] ??= []).push(await drive(server, await server.open(), load, seconds));
        }
      } finally {
        await server.end();
      }
    }
  }
  return results;
}

export async function beside({ rounds, seconds }, progress) {
  const results = {};
  for (let round = 0; round < rounds; ++round) {
    for (const { name, settings, keys = 0 } of chores) {
      progress.step(`round ${round + 1} of ${rounds}: ${name}`);
      const server = await startMillrace();
      try {
        const load = { mode: 'append', connections: 64, keys };
        (results[name] ??= []).push(await drive(server, await server.open(settings), load, seconds * 2));
      } finally {
        await server.end();
      }
    }
  }
  return results;
}

// Readers that wait for the next record: what they cost, and how long one record takes to all of them.
export async function waiting({ readers }, progress) {
  const results = {};
  for (const side of waiters) {
    progress.step(`${readers} waiting readers: ${side}`);
    const server = await starters[side]();
    try {
      results[side] = await waitOn(server, readers);
    } finally {
      await server.end();
    }
  }
  return results;
}

async function waitOn(server, readers) {
  const place = await server.open();
  const empty = residentMemory(server.child).all;
  const child = spawn(generator, optionsOf(place, { mode: 'wait', connections: readers }), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  const ended = once(child, 'close');
  while (!text.includes('ready')) {
    if (child.exitCode !== null) throw new Error('the load generator ended before its readers waited');
    await pause(20);
  }
  await pause(500);
  const full = residentMemory(server.child).all;
  const before = cpuSeconds([server.child]);
  await pause(IDLE_SECONDS * 1000);
  const idle = (cpuSeconds([server.child]) - before) / IDLE_SECONDS;
  child.stdin.write('\n');
  const [code] = await ended;
  if (code !== 0) throw new Error('readers were not woken');
  const { p50_ms, max_ms } = JSON.parse(text.slice(text.indexOf('{')));
  return { kib_each: ((full - empty) * 1024) / readers, idle_cores: idle, p50_ms, max_ms };
}
