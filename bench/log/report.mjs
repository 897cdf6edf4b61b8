// From measurements to what is shown.
import { fixed, markdownTable, median, textTable, times, verdict, whole } from '../report.mjs';
import { loads } from './compare.mjs';

const medians = (rounds) =>
  Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]));

export function summarise(measured) {
  return loads.map(({ name, aim = false, mode }) => {
    const rows = Object.entries(measured[name]).map(([side, rounds]) => ({ side, ...medians(rounds) }));
    const own = rows.find(({ side }) => side === 'millrace');
    const faster = (row) => (mode === 'tail' ? row.p50_ms / own.p50_ms : own.per_second / row.per_second);
    return { name, aim, mode, rows: rows.map((row) => ({ ...row, ...(row !== own && { faster: faster(row) }) })) };
  });
}

export const summariseBeside = (measured) =>
  Object.entries(measured).map(([name, rounds]) => ({ name, ...medians(rounds) }));

const headings = ['', 'records per second', 'per CPU-second', 'p50 ms', 'p99 ms', 'cores', 'millrace is'];

// What does not sync is shown, but no match for what does.
const aimed = (aim, side) => aim && !side.endsWith('not synced');

function loadRows({ name, aim, mode, rows }) {
  return rows.map(({ side, faster, ...row }) => [
    `${name}: ${side}`,
    mode === 'tail' ? '' : whole(row.per_second),
    mode === 'tail' ? '' : whole(row.per_cpu_second),
    ...[fixed(row.p50_ms, 2), fixed(row.p99_ms, 2), fixed(row.cores, 2)],
    faster === undefined ? '' : `${times(faster)} as fast${aimed(aim, side) ? ` (aim 1x: ${verdict(faster >= 1)})` : ''}`,
  ]);
}

const besideRows = (rows) => [
  ['', 'records per second', 'p50 ms', 'p99 ms', 'longest ms', 'cores'],
  ...rows.map((row) => [
    row.name,
    whole(row.per_second),
    ...[row.p50_ms, row.p99_ms, row.max_ms, row.cores].map((value) => fixed(value, 2)),
  ]),
];

const waitingRows = (sides, readers) => [
  [`${whole(readers)} readers wait`, 'memory each KiB', 'cores while they wait', 'woken, half ms', 'all ms'],
  ...Object.entries(sides).map(([side, row]) => [
    side,
    ...[fixed(row.kib_each, 1), fixed(row.idle_cores, 3), fixed(row.p50_ms, 1), fixed(row.max_ms, 1)],
  ]),
];

function describe({ machine, settings, versions }) {
  return (
    `${machine.cores} cores (${machine.processor}), ${machine.memory_gib} GiB of memory, ${machine.system}; fdatasync ` +
    `after a small append: p50 ${machine.sync_us.p50} µs, p99 ${machine.sync_us.p99} µs; load average before the run: ` +
    `${fixed(machine.load_before)}. Medians of ${settings.rounds} rounds of ${settings.seconds} s, values of 200 bytes. ` +
    `${versions}.\n\nmillrace and redis-server (appendfsync always) answer when the record is synced to disk. nats-server ` +
    `of this version answers when the system has it: it syncs every two minutes, and has no setting that does so before it ` +
    `answers. It is measured as it is, and in a folder where every write is synced (chattr +S).`
  );
}

function shown(results, table, heading) {
  const blocks = [describe(results)];
  if (results.compare) blocks.push(heading('Appends and tails') + table([headings, ...results.compare.flatMap(loadRows)]));
  if (results.beside) blocks.push(heading('Beside retention and compaction') + table(besideRows(results.beside)));
  if (results.waiting) blocks.push(heading('Waiting readers') + table(waitingRows(results.waiting, results.settings.readers)));
  return blocks.join('\n\n') + '\n';
}

export const asTable = (results) => shown(results, textTable, (title) => `${title}\n`);
export const asMarkdown = (results) => shown(results, markdownTable, (title) => `### ${title}\n\n`);
