// The benchmark's command line: reads the options, runs the parts, prints the result.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { alone, stepsAlone } from './alone.mjs';
import { compare } from './compare.mjs';
import { buildGenerator } from './load.mjs';
import { describeMachine } from './machine.mjs';
import { Progress } from './progress.mjs';
import { asMarkdown, asTable, summarise } from './report.mjs';
import { preparePeers, requireProgram, stacks, versions, workFolder } from './stacks.mjs';

const usage = `usage: bench/run [options]

  --quick           a short run of 20 seconds or so: one round, few tasks, no folded peers; its figures are rough
  --json            print the results as JSON
  --markdown        print the results as Markdown, for docs/performance.md
  --from FILE       measure nothing, print the results kept in FILE (build/bench/results.json is the last run's)
  --stacks A,B      only these: ${stacks.map(({ name }) => name).join(', ')}
  --part PART       only 'compare' (side by side) or 'alone' (start, memory, disk, rebuild of millrace)
  --rounds N        rounds of the comparison (3)
  --seconds N       seconds measured a load and round (5)
  --warmup N        seconds of warm-up before (2)
  --tasks N         tasks made for the part 'alone' (1000000)
  --help            this text

MILLRACE_PROGRAM names the program to measure (build/release/millrace).
`;

const full = { rounds: 3, seconds: 5, warmup: 2, tasks: 1_000_000, starts: 5, requestsMax: 250_000 };
const quick = { rounds: 1, seconds: 0.8, warmup: 0.8, tasks: 50_000, starts: 2, requestsMax: 100_000 };
const quickStacks = stacks.filter(({ name }) => !name.endsWith('-folded'));
const resultsFile = path.join(workFolder, 'results.json');

function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean' };
  const { values } = parseArgs({
    options: {
      ...{ quick: flag, json: flag, markdown: flag, help: flag, from: text, stacks: text, part: text },
      ...{ rounds: text, seconds: text, warmup: text, tasks: text },
    },
  });
  const settings = { ...(values.quick ? quick : full) };
  for (const name of ['rounds', 'seconds', 'warmup', 'tasks']) {
    if (values[name] === undefined) continue;
    settings[name] = Number(values[name]);
    if (!(settings[name] > 0)) throw new Error(`--${name} needs a number above 0`);
  }
  if (values.part && !['compare', 'alone'].includes(values.part)) throw new Error("--part is 'compare' or 'alone'");
  return { ...values, settings, stacks: chosenStacks(values.stacks) ?? (values.quick ? quickStacks : stacks) };
}

function chosenStacks(names) {
  return names?.split(',').map((name) => {
    const stack = stacks.find((candidate) => candidate.name === name);
    if (!stack) throw new Error(`there is no stack '${name}'; --help lists them`);
    return stack;
  });
}

// Kept after each part, so that a failure of the second does not cost the first.
const keep = (results) => fs.writeFileSync(resultsFile, JSON.stringify(results, null, 2) + '\n');

async function measure({ settings, stacks, part }) {
  const compares = part !== 'alone';
  const looksAlone = part !== 'compare' && stacks.some(({ name }) => name === 'millrace');
  if (stacks.some(({ name }) => name === 'millrace')) requireProgram();
  const progress = new Progress(
    1 + (compares ? stacks.length * settings.rounds * 4 : 0) + (looksAlone ? stepsAlone(settings) : 0),
  );
  progress.step('prepares the load generator and the peers');
  await buildGenerator();
  await preparePeers();

  const results = { machine: describeMachine(), settings, versions: await versions() };
  if (compares) {
    results.rounds = await compare(stacks, settings, progress);
    results.summary = summarise(results.rounds, stacks);
  }
  keep(results);
  if (looksAlone) results.alone = await alone(settings, progress);
  progress.end();
  keep(results);
  return results;
}

try {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const results = options.from ? JSON.parse(fs.readFileSync(options.from, 'utf8')) : await measure(options);
  if (options.json) process.stdout.write(JSON.stringify(results, null, 2) + '\n');
  else process.stdout.write(options.markdown ? asMarkdown(results) : asTable(results));
  process.exit(0);
} catch (error) {
  process.stderr.write(`\nbench: ${error.message}\n`);
  process.exit(1);
}
