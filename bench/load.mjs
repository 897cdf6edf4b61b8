// Drives a server with the load generator of load/load.cc and refuses every result with an answer that is wrong.
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder, run } from './processes.mjs';
import { workFolder } from './stacks.mjs';

const source = path.join(import.meta.dirname, 'load', 'load.cc');
const generator = path.join(workFolder, 'load');
const ANSWER_MAX_S = 30; // the generator gives up before: it awaits late answers for 10 s

export const createQuery = 'mutation($text: String!) { createTask(text: $text) { id text done } }';
export const listQuery = '{ list { id text done } }';
export const textOf = (number) => `Water the ${number} plants of the house by hand`;

export async function buildGenerator() {
  fs.mkdirSync(workFolder, { recursive: true });
  if (fs.existsSync(generator) && fs.statSync(generator).mtimeMs > fs.statSync(source).mtimeMs) return;
  await run(process.env.CXX ?? 'c++', ['-std=c++20', '-O2', source, '-o', generator], { timeoutMs: 120_000 });
}

// Creates tasks: 64 texts in turn; an answer must carry a new task. Answers the generator's report.
export function create(port, limits) {
  const bodies = Array.from({ length: 64 }, (_, i) => ({ query: createQuery, variables: { text: textOf(i) } }));
  return drive(port, bodies, ['--expect-prefix', '{"data":{"createTask":{"id":"'], limits);
}

// Lists tasks; every answer must be `expected` to the byte.
export function list(port, expected, limits) {
  return drive(port, [{ query: listQuery }], ['--expect-body', written('expected.json', expected)], limits);
}

let folder;
function written(name, text) {
  folder ??= makeFolder(workFolder, 'load');
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

async function drive(port, bodies, expect, { seconds, requestsMax = 1_000_000, connections = 64, pipeline = 1 }) {
  const lines = bodies.map((body) => JSON.stringify(body) + '\n').join('');
  const options = {
    '--port': port,
    '--connections': connections,
    '--pipeline': pipeline,
    '--seconds': seconds,
    '--requests-max': requestsMax,
    '--bodies': written('bodies.jsonl', lines),
  };
  const command = [...Object.entries(options).flat().map(String), ...expect];
  const report = JSON.parse(await run(generator, command, { timeoutMs: (seconds + ANSWER_MAX_S) * 1000 }));
  if (report.failed > 0) throw new Error(`${report.failed} answers were wrong; the first: ${report.first_failure}`);
  if (report.acknowledged === 0) throw new Error('nothing was answered');
  return report;
}

// The id in a sampled answer to createTask.
export const idOf = (sample) => /"id":"([^"]+)"/.exec(sample)[1];
