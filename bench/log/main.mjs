// The command line: reads the options, runs the parts, prints the result.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.mjs';
import { run } from '../processes.mjs';
import { Progress } from '../progress.mjs';
import { program, requireProgram, workFolder } from '../stacks.mjs';
import { beside, buildGenerator, chores, compare, loads, starters, waiters, waiting } from './compare.mjs';
import { asMarkdown, asTable, summarise, summariseBeside } from './report.mjs';

const parts = ['compare', 'beside', 'waiting'];

const usage = `usage: bench/log/run [options]

  --quick         a short, rough run
  --part A,B      only these parts: ${parts.join(', ')}
  --rounds N      rounds (3)
  --seconds N     seconds of a load (5)
  --readers N     readers that wait (10000)
  --json          print the results as JSON
  --markdown      print the results as Markdown, for docs/performance.md
  --help          this text

MILLRACE_PROGRAM names the program to measure (build/release/millrace).
`;

const full = { rounds: 3, seconds: 5, readers: 10_000 };
const quick = { rounds: 1, seconds: 1, readers: 2000 };

function readOptions() {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }];
  const numbers = Object.keys(full);
  const { values } = parseArgs({
    options: {
      ...{ quick: flag, json: flag, markdown: flag, help: flag, part: text },
      ...Object.fromEntries(numbers.map((name) => [name, text])),
    },
  });
  const settings = { ...(values.quick ? quick : full) };
  for (const name of numbers) {
    if (values[name] === undefined) continue;
    settings[name] = Number(values[name]);
    if (!(settings[name] > 0)) throw new Error(`--${name} needs a number above 0`);
  }
  const chosen = values.part?.split(',') ?? parts;
  const unknown = chosen.find((part) => !parts.includes(part));
  if (unknown) throw new Error(`there is no part '${unknown}'; there are ${parts.join(', ')}`);
  return { ...values, settings, chosen };
}

async function versions() {
  const first = async (...command) => (await run(command[0], command.slice(1))).trim().split('\n')[0];
  const redis = /v=([\d.]+)/.exec(await first('redis-server', '--version'))?.[1];
  return `${await first(program, '--version')}; redis-server ${redis}; ${await first('nats-server', '--version')}`;
}

async function measure({ settings, chosen }) {
  requireProgram();
  await buildGenerator();
  const sides = Object.keys(starters).length;
  const steps = { compare: settings.rounds * sides * loads.length, beside: settings.rounds * chores.length, waiting: waiters.length };
  const progress = new Progress(chosen.reduce((sum, part) => sum + steps[part], 0));
  const results = { machine: describeMachine(), settings, versions: await versions() };
  if (chosen.includes('compare')) results.compare = summarise(await compare(settings, progress));
  if (chosen.includes('beside')) results.beside = summariseBeside(await beside(settings, progress));
  if (chosen.includes('waiting')) results.waiting = await waiting(settings, progress);
  progress.end();
  fs.writeFileSync(path.join(workFolder, 'log.json'), JSON.stringify(results, null, 2) + '\n');
  return results;
}

try {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const results = await measure(options);
  if (options.json) process.stdout.write(JSON.stringify(results, null, 2) + '\n');
  else process.stdout.write(options.markdown ? asMarkdown(results) : asTable(results));
  process.exit(0);
} catch (error) {
  process.stderr.write(`\nbench: ${error.message}\n`);
  process.exit(1);
}
