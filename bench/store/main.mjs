// The command line: reads the options, runs the parts, prints the result.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.mjs';
import { run } from '../processes.mjs';
import { Progress } from '../progress.mjs';
import { program, requireProgram, workFolder } from '../stacks.mjs';
import { beyondMemory, idleDatabases } from './capacity.mjs';
import { compare, httpLoads, protocolLoads } from './compare.mjs';
import { asMarkdown, asTable, summarise } from './report.mjs';

const parts = ['protocol', 'http', 'idle', 'beyond'];

const usage = `usage: bench/store/run [options]

  --quick         a short, rough run without the parts 'idle' and 'beyond'
  --part A,B      only these parts: ${parts.join(', ')}
  --rounds N      rounds of the comparisons (3)
  --requests N    requests of a load over the Redis protocol at pipeline 1, four times as many at 16 (200000)
  --seconds N     seconds of a load over HTTP (5)
  --databases N   idle databases (100000)
  --limit N       MiB of memory for the part 'beyond' (2048)
  --times N       how many times that the database takes (5)
  --json          print the results as JSON
  --markdown      print the results as Markdown, for docs/performance.md
  --help          this text

MILLRACE_PROGRAM names the program to measure (build/release/millrace).
`;

const full = { rounds: 3, requests: 200_000, seconds: 5, databases: 100_000, limit: 2048, times: 5 };
const quick = { ...full, rounds: 1, requests: 50_000, seconds: 2 };

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
  const chosen = values.part?.split(',') ?? (values.quick ? ['protocol', 'http'] : parts);
  const unknown = chosen.find((part) => !parts.includes(part));
  if (unknown) throw new Error(`there is no part '${unknown}'; there are ${parts.join(', ')}`);
  return { ...values, settings, chosen };
}

async function versions() {
  const first = async (...command) => (await run(command[0], command.slice(1))).trim().split('\n')[0];
  const webdis = await first('dpkg-query', '-W', '-f', '${Version}', 'webdis').catch(() => 'of unknown version');
  return `${await first(program, '--version')}; ${await first('redis-server', '--version')}; webdis ${webdis}`;
}

async function measure({ settings, chosen }) {
  requireProgram();
  const steps = { protocol: settings.rounds * 2 * protocolLoads.length, http: settings.rounds * 2 * httpLoads.length };
  const progress = new Progress(chosen.reduce((sum, part) => sum + (steps[part] ?? 15), 0));
  const results = { machine: describeMachine(), settings, versions: await versions() };
  for (const kind of ['protocol', 'http']) {
    if (chosen.includes(kind)) results[kind] = summarise(kind, await compare(kind, settings, progress));
  }
  if (chosen.includes('idle')) results.idle = await idleDatabases(settings, progress);
  if (chosen.includes('beyond')) results.beyond = await beyondMemory(settings, progress);
  progress.end();
  fs.writeFileSync(path.join(workFolder, 'store.json'), JSON.stringify(results, null, 2) + '\n');
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
