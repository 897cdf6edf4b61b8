// The side-by-side part: every stack does the same work, one after another, in several rounds.
import { createQuery, create, idOf, list, listQuery, textOf } from './load.mjs';
import { graphql, graphqlText } from './http.mjs';
import { cpuSeconds, machineCpuSeconds } from './processes.mjs';

const LISTED = 20;

// A stack gets its next turn only after all others had theirs, and each round begins with another one, so that a noisy
// minute of the machine does not meet the same stack every time. Answers name of load → name of stack → its rounds.
export async function compare(stacks, settings, progress) {
  const results = { create: {}, list: {} };
  for (let round = 0; round < settings.rounds; ++round) {
    for (let turn = 0; turn < stacks.length; ++turn) {
      const stack = stacks[(round + turn) % stacks.length];
      const told = `round ${round + 1} of ${settings.rounds}: ${stack.label}`;
      const measured = await measure(stack, settings, (what) => progress.step(`${told}, ${what}`)).catch((error) => {
        throw new Error(`${stack.label}: ${error.message}`);
      });
      for (const load of Object.keys(results)) (results[load][stack.name] ??= []).push(measured[load]);
    }
  }
  return results;
}

async function measure(stack, settings, tell) {
  tell('starts');
  const server = await stack.start();
  try {
    for (let i = 0; i < LISTED; ++i) await graphql(server.port, createQuery, { text: textOf(i) });
    const expected = await listOfTwenty(server.port);

    tell('list of 20');
    const listed = await loaded(server, settings, (limits) => list(server.port, expected, limits));
    tell('createTask');
    const created = await loaded(server, settings, (limits) => create(server.port, limits));
    tell('its tasks are counted');
    await checkTasks(server.port, LISTED + created.acknowledged, created.samples);
    return { list: listed.figures, create: created.figures };
  } finally {
    await server.end();
  }
}

// Warms up, then measures. Between the two nothing is under way, so the processor time belongs to the answers counted.
async function loaded(server, { warmup, seconds, requestsMax }, drive) {
  const warm = await drive({ seconds: warmup, requestsMax });
  const times = () => [machineCpuSeconds(), ...server.children.map((child) => cpuSeconds([child]))];
  const before = times();
  const report = await drive({ seconds, requestsMax });
  const [machine, ...used] = times().map((value, i) => value - before[i]);

  const cpu = used.reduce((sum, value) => sum + value, 0);
  return {
    acknowledged: warm.acknowledged + report.acknowledged,
    samples: [...warm.samples, ...report.samples],
    figures: {
      per_cpu_second: report.acknowledged / cpu,
      per_second: report.acknowledged / report.seconds,
      p50_ms: report.latency_us.p50 / 1000,
      p99_ms: report.latency_us.p99 / 1000,
      cores: cpu / report.seconds,
      cores_of_others: Math.max(0, machine - cpu - report.cpu_seconds) / report.seconds,
      cpu_us: used.map((value) => (value * 1e6) / report.acknowledged),
    },
  };
}

async function listOfTwenty(port) {
  const text = await graphqlText(port, listQuery);
  const texts = JSON.parse(text)
    .data.list.map((task) => task.text)
    .sort();
  const wanted = Array.from({ length: LISTED }, (_, i) => textOf(i)).sort();
  if (texts.join() !== wanted.join()) throw new Error(`the list is not the ${LISTED} tasks created: ${text}`);
  return text;
}

// The list holds as many tasks as were acknowledged, each id once, and those sampled among them.
async function checkTasks(port, count, samples) {
  const ids = new Set((await graphql(port, '{ list { id } }')).list.map((task) => task.id));
  if (ids.size !== count) throw new Error(`${count} tasks were acknowledged and ${ids.size} are listed`);
  const lost = samples.map(idOf).find((id) => !ids.has(id));
  if (lost) throw new Error(`task '${lost}' was acknowledged and is not listed`);
}
