// From measurements to what is shown.
import { fixed, markdownTable, median, textTable, times, verdict, whole } from '../report.mjs';
import { httpLoads, protocolLoads, sides } from './compare.mjs';

const headings = ['', 'per CPU-second', 'per second', 'p50 ms', 'p99 ms', 'cores', 'millrace per CPU-second', 'per second'];
const IDLE_AIM_MIB = 150;

export function summarise(kind, measured) {
  const loads = kind === 'protocol' ? protocolLoads : httpLoads;
  return loads.map(({ name, aim }) => {
    const [own, peer] = sides[kind].map((side) => ({ side, ...medians(measured[name][side]) }));
    const ratio = (figure) => own[figure] / peer[figure];
    return { name, aim, own, peer, per_cpu_second: ratio('per_cpu_second'), per_second: ratio('per_second') };
  });
}

const medians = (rounds) =>
  Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]));

function loadRows({ name, aim, own, peer, per_cpu_second, per_second }) {
  const figures = (row) => [
    ...[whole(row.per_cpu_second), whole(row.per_second), fixed(row.p50_ms, 2), fixed(row.p99_ms, 2)],
    fixed(row.cores, 2),
  ];
  const told = (value) => `${times(value)} (aim ${aim}x: ${verdict(value >= aim)})`;
  return [
    [`${name}: ${own.side}`, ...figures(own), '', ''],
    [`${name}: ${peer.side}`, ...figures(peer), told(per_cpu_second), told(per_second)],
  ];
}

function capacityRows({ idle, beyond }) {
  const rows = [['', 'measured', 'ratio']];
  if (idle) {
    const told = ({ all }) => `${fixed(all / IDLE_AIM_MIB, 2)}x of the aim of ${IDLE_AIM_MIB} MiB: ${verdict(all < IDLE_AIM_MIB)}`;
    const what = `resident memory with ${whole(idle.databases)} idle databases of ${idle.keys_each} keys`;
    rows.push([`${what}, just made`, `${whole(idle.memory.all)} MiB`, told(idle.memory)]);
    rows.push([`${what}, started again`, `${whole(idle.again.all)} MiB`, told(idle.again)]);
  }
  if (beyond?.skipped) rows.push(['a database larger than memory', beyond.skipped, '']);
  if (beyond && !beyond.skipped) {
    const what = `${whole((beyond.limit * beyond.times) / 1024)} GiB of 4 KiB values in ${whole(beyond.limit)} MiB`;
    rows.push([`GET of random keys, ${what}`, `${whole(beyond.beyond.get)} per second`, `${fixed(beyond.beyond.get / beyond.fits, 2)}x of one that fits`]);
    rows.push([`SET of random keys, ${what}`, `${whole(beyond.beyond.set)} per second`, '']);
    rows.push([`disk, ${what}`, `${whole(beyond.disk_mib)} MiB`, `${fixed(beyond.disk_mib / (beyond.limit * beyond.times), 2)}x of the values`]);
  }
  return rows;
}

function describe({ machine, settings, versions }) {
  return (
    `${machine.cores} cores (${machine.processor}), ${machine.memory_gib} GiB of memory, ${machine.system}; fdatasync ` +
    `after a small append: p50 ${machine.sync_us.p50} µs, p99 ${machine.sync_us.p99} µs; load average before the run: ` +
    `${fixed(machine.load_before)}. Medians of ${settings.rounds} rounds, 50 connections. ${versions}.`
  );
}

function shown(results, table, heading) {
  const blocks = [describe(results)];
  const titles = { protocol: 'Redis protocol, redis-benchmark', http: 'HTTP, wrk' };
  for (const kind of ['protocol', 'http']) {
    if (results[kind]) blocks.push(heading(titles[kind]) + table([headings, ...results[kind].flatMap(loadRows)]));
  }
  if (results.idle || results.beyond) blocks.push(heading('What a store holds') + table(capacityRows(results)));
  return blocks.join('\n\n') + '\n';
}

export const asTable = (results) => shown(results, textTable, (title) => `${title}\n`);
export const asMarkdown = (results) => shown(results, markdownTable, (title) => `### ${title}\n\n`);
