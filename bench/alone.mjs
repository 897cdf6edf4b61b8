// The part that has no peer: how millrace starts, what it keeps in memory and on disk, how fast it rebuilds.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { graphql } from './http.mjs';
import { create, idOf } from './load.mjs';
import { cpuSeconds, diskUse, makeFolder, removeFolder, residentMemory, run, stop } from './processes.mjs';
import { program, startMillraceOn, workFolder } from './stacks.mjs';

const SLICE = 25_000; // tasks made between two steps of the progress bar
const SETTLE_MS = 1000;
const KILL_AFTER_MS = 50; // time enough to be writing, too short to make the data noticeably larger
const REBUILD_MAX_MS = 600_000;

export const stepsAlone = ({ tasks, starts }) => Math.ceil(tasks / SLICE) + 2 * starts + 4;

export async function alone({ tasks, starts }, progress) {
  const folder = makeFolder(workFolder, 'alone');
  const place = { data: path.join(folder, 'data'), log: path.join(folder, 'log') };
  const begin = (pause) => startMillraceOn(place.data, place.log, pause);

  progress.step('millrace alone: memory of a fresh start');
  let server = await begin(1);
  const results = { start_fresh_ms: server.startMs };
  await sleep(SETTLE_MS);
  results.memory_fresh = residentMemory(server.child);

  const filled = await fill(server, tasks, progress);
  Object.assign(results, filled.figures);
  await sleep(SETTLE_MS);
  results.memory_full = residentMemory(server.child);

  results.start_killed_ms = [];
  for (let i = 0; i < starts; ++i) {
    progress.step(`millrace alone: start after kill -9, ${i + 1} of ${starts}`);
    await killWhileWriting(server, i === 0);
    server = await begin(1);
    results.start_killed_ms.push(server.startMs);
  }
  await checkSamples(server.port, filled.samples);

  results.start_stopped_ms = [];
  for (let i = 0; i < starts; ++i) {
    progress.step(`millrace alone: start after a clean stop, ${i + 1} of ${starts}`);
    await stop(server.child);
    server = await begin(1);
    results.start_stopped_ms.push(server.startMs);
  }
  await sleep(SETTLE_MS);
  results.memory_restarted = residentMemory(server.child);
  await stop(server.child);
  results.disk_bytes_per_task = diskUse(place.data) / tasks;

  progress.step('millrace alone: rebuild');
  Object.assign(results, await rebuild(place.data, tasks));
  progress.step('millrace alone: a start on the rebuilt projection');
  server = await begin(1);
  await checkSamples(server.port, filled.samples);
  await stop(server.child);
  removeFolder(folder);
  return { tasks, ...results };
}

// Makes `tasks` tasks over 64 connections with 16 requests under way on each.
async function fill(server, tasks, progress) {
  const samples = [];
  let seconds = 0;
  let answerBytes = 0;
  const before = cpuSeconds([server.child]);
  for (let made = 0; made < tasks;) {
    progress.step(`millrace alone: ${made.toLocaleString('en')} of ${tasks.toLocaleString('en')} tasks made`);
    const requestsMax = Math.min(SLICE, tasks - made);
    const report = await create(server.port, { seconds: 120, requestsMax, pipeline: 16 });
    if (report.acknowledged !== requestsMax) throw new Error('the tasks could not be made in time');
    made += report.acknowledged;
    seconds += report.seconds;
    samples.push(idOf(report.samples.at(-1)));
    answerBytes = report.samples.at(-1).length;
  }
  const cpu = cpuSeconds([server.child]) - before;
  return {
    samples,
    figures: { fill_per_second: tasks / seconds, fill_per_cpu_second: tasks / cpu, answer_bytes: answerBytes },
  };
}

// Ends the server by SIGKILL; `quiet` right after the work before, otherwise in the midst of mutations.
async function killWhileWriting(server, quiet) {
  const writing = quiet ? Promise.resolve() : create(server.port, { seconds: 5, requestsMax: 20_000 }).catch(() => {});
  if (!quiet) await sleep(KILL_AFTER_MS);
  await stop(server.child, 'SIGKILL');
  await writing;
}

// Every sampled task is still there: an update of it is answered with it.
async function checkSamples(port, ids) {
  const update = 'mutation($id: String!) { updateTask(id: $id, text: "checked", done: true) { id text done } }';
  for (const id of ids) {
    const { updateTask } = await graphql(port, update, { id });
    if (updateTask?.id !== id) throw new Error(`task '${id}' was acknowledged and is lost`);
  }
}

async function rebuild(data, events) {
  const begin = performance.now();
  const said = await run(program, ['rebuild', '--data', data], { timeoutMs: REBUILD_MAX_MS });
  const seconds = (performance.now() - begin) / 1000;
  return {
    rebuild_seconds: seconds,
    rebuild_per_second: events / seconds,
    rebuild_said: said.trim().split('\n').at(-1),
  };
}
