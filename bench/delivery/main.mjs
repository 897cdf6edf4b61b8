// Delivery beside a BullMQ worker on redis-server (appendfsync always): the same bodies, posted to the same receiver.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { describeMachine } from '../machine.mjs';
import { cpuSeconds, residentMemory } from '../processes.mjs';
import { fixed, markdownTable, median, textTable, times, verdict, whole } from '../report.mjs';
import { requireProgram, workFolder } from '../stacks.mjs';
import { concurrency, prepare, sides, startSink } from './sides.mjs';

const usage = `usage: bench/delivery/run [options]

  --quick        a short, rough run without the part 'waiting'
  --rounds N     rounds of the comparison (3)
  --messages N   messages of a round (20000)
  --rate N       messages a second where latency is measured (200)
  --waiting N    messages that wait, for memory (1000000; 0: not measured)
  --json         print the results as JSON
  --markdown     print the results as Markdown
  --help         this text

MILLRACE_PROGRAM names the program to measure (build/release/millrace).
`;
const full = { rounds: 3, messages: 20_000, rate: 200, waiting: 1_000_000 };
const quick = { ...full, rounds: 1, messages: 5_000, waiting: 0 };
const AIM_PER_CPU = 3;
const AIM_MEMORY_MIB = 200;
const under = 64; // publishes under way
const order = { id: 4711, customer: 'c-0815', lines: Array.from({ length: 6 }, (_, at) => ({ sku: `sku-${at}`, count: at + 1 })) };
const bodyNow = () => `{"at":${performance.timeOrigin + performance.now()},"order":${JSON.stringify(order)}}`;

function readOptions() {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }];
  const numbers = Object.fromEntries(Object.keys(full).map((name) => [name, text]));
  const { values } = parseArgs({ options: { quick: flag, json: flag, markdown: flag, help: flag, ...numbers } });
  const settings = { ...(values.quick ? quick : full) };
  for (const name of Object.keys(full)) if (values[name] !== undefined) settings[name] = Number(values[name]);
  return { ...values, settings };
}

async function untilArrived(sink, count) {
  for (const end = Date.now() + 300_000; (await sink.look()).count < count; await pause(20)) {
    if (Date.now() > end) throw new Error(`only ${(await sink.look()).count} of ${count} messages arrived`);
  }
}

async function publishAll(side, url, count) {
  let next = 0;
  await Promise.all(
    Array.from({ length: under }, async () => {
      while (next++ < count) await side.publish(url, bodyNow());
    }),
  );
}

// As fast as it goes: messages are accepted and delivered at the same time.
async function flood(side, sink, { messages }) {
  await publishAll(side, sink.url, 1000);
  await untilArrived(sink, 1000);
  await sink.reset();
  const cpu = cpuSeconds(side.children);
  const began = performance.now();
  await publishAll(side, sink.url, messages);
  const accepted = (performance.now() - began) / 1000;
  await untilArrived(sink, messages);
  const delivered = (performance.now() - began) / 1000;
  await pause(500); // what is written behind the last delivery
  const used = cpuSeconds(side.children) - cpu;
  const { count } = await sink.reset();
  if (count !== messages) throw new Error(`${count} deliveries of ${messages} messages`);
  return { accepted_per_second: messages / accepted, delivered_per_second: messages / delivered, per_cpu_second: messages / used };
}

// From the publish to the arrival, at a rate that both can hold.
async function calm(side, sink, { rate }) {
  const count = rate * 5;
  const sent = [];
  const began = performance.now();
  for (let at = 0; at < count; ++at) {
    const wait = began + (at * 1000) / rate - performance.now();
    if (wait > 1) await pause(wait);
    sent.push(side.publish(sink.url, bodyNow()));
  }
  await Promise.all(sent);
  await untilArrived(sink, count);
  const { latencies } = await sink.reset();
  latencies.sort((left, right) => left - right);
  return { p50_ms: latencies[Math.floor(count * 0.5)], p99_ms: latencies[Math.floor(count * 0.99)] };
}

async function waiting(side, sink, count) {
  const memory = () => side.children.reduce((sum, child) => sum + residentMemory(child).all, 0);
  const before = memory();
  const batch = 500;
  let next = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while ((next += batch) <= count) await side.publishLater(sink.url, Array.from({ length: batch }, bodyNow));
    }),
  );
  await pause(2000);
  return { before_mib: before, after_mib: memory() };
}

async function measure({ settings }) {
  requireProgram();
  await prepare();
  const sink = await startSink();
  const rounds = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < settings.rounds; ++round) {
    const names = Object.keys(sides);
    for (const name of round % 2 === 0 ? names : names.reverse()) {
      const side = await sides[name]();
      const flooded = await flood(side, sink, settings);
      rounds[name].push({ ...flooded, ...(await calm(side, sink, settings)) });
      await side.end();
      await sink.reset();
    }
  }
  const results = { machine: describeMachine(), settings, sides: {} };
  for (const [name, each] of Object.entries(rounds)) {
    results.sides[name] = Object.fromEntries(Object.keys(each[0]).map((key) => [key, median(each.map((row) => row[key]))]));
  }
  if (settings.waiting > 0) {
    for (const name of Object.keys(sides)) {
      const side = await sides[name]();
      results.sides[name].waiting = await waiting(side, sink, settings.waiting);
      await side.end();
    }
  }
  await sink.end();
  fs.writeFileSync(path.join(workFolder, 'delivery.json'), JSON.stringify(results, null, 2) + '\n');
  return results;
}

function shown({ machine, settings, sides: measured }, table) {
  const rows = [['', 'accepted per second', 'delivered per second', 'deliveries per CPU-second', 'p50 ms', 'p99 ms']];
  for (const [name, row] of Object.entries(measured)) {
    const figures = [row.accepted_per_second, row.delivered_per_second, row.per_cpu_second].map(whole);
    rows.push([name, ...figures, fixed(row.p50_ms, 2), fixed(row.p99_ms, 2)]);
  }
  const { millrace, bullmq } = measured;
  const ratio = millrace.per_cpu_second / bullmq.per_cpu_second;
  const lines = [
    `${machine.cores} cores (${machine.processor}); load average before the run: ${fixed(machine.load_before)}. Medians of ` +
      `${settings.rounds} rounds of ${settings.messages} messages, ${under} publishes and ${concurrency} deliveries under ` +
      `way; latency from publish to arrival at ${settings.rate} messages a second.`,
    table(rows),
    `Deliveries per CPU-second: ${times(ratio)} (aim ${AIM_PER_CPU}x: ${verdict(ratio >= AIM_PER_CPU)})`,
  ];
  if (millrace.waiting) {
    const told = (row) => `${whole(row.waiting.after_mib)} MiB (${whole(row.waiting.before_mib)} before)`;
    const good = verdict(millrace.waiting.after_mib < AIM_MEMORY_MIB);
    lines.push(`Resident with ${whole(settings.waiting)} messages waiting: millrace ${told(millrace)} (aim below ` +
      `${AIM_MEMORY_MIB} MiB: ${good}), redis-server and worker ${told(bullmq)}`);
  }
  return lines.join('\n\n') + '\n';
}

try {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const results = await measure(options);
  process.stdout.write(options.json ? JSON.stringify(results, null, 2) + '\n' : shown(results, options.markdown ? markdownTable : textTable));
  process.exit(0);
} catch (error) {
  process.stderr.write(`\nbench: ${error.message}\n`);
  process.exit(1);
}
