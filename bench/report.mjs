// From measurements to what is shown: medians, ratios, a table for the terminal, Markdown for docs/performance.md.

const loads = {
  create: 'createTask, 64 connections, answered when synced to disk',
  list: 'list of 20 tasks, 64 connections',
};

// By how many times millrace is meant to do more per CPU-second of all processes that serve.
const aims = { create: { apollo: 10, mercurius: 4 }, list: { apollo: 20 } };
const BUSY_CORES = 0.1; // of other programs: from here on a reader must be told
const aloneAims = { start_ms: 200, rebuild_per_second: 150_000 };

export function summarise(measured, stacks) {
  const summary = {};
  for (const load of Object.keys(loads)) {
    const rows = stacks.map(({ name, label }) => ({ name, label, ...medians(measured[load][name]) }));
    const own = rows.find(({ name }) => name === 'millrace');
    summary[load] = rows.map((row) => ({
      ...row,
      ...(own && row !== own && { ratio: ratios(own, row, aims[load][row.name]) }),
    }));
  }
  return summary;
}

const ratios = (own, peer, aim) => ({
  per_cpu_second: own.per_cpu_second / peer.per_cpu_second,
  per_second: own.per_second / peer.per_second,
  p99: own.p99_ms / peer.p99_ms,
  ...(aim && { aim }),
});

function medians(rounds) {
  const result = {};
  for (const [key, value] of Object.entries(rounds[0])) {
    result[key] = Array.isArray(value)
      ? value.map((_, i) => median(rounds.map((round) => round[key][i])))
      : median(rounds.map((round) => round[key]));
  }
  return result;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const compared = (value, aim, unit, met) =>
  `${fixed(value / aim, 2)}x of the aim of ${whole(aim)} ${unit}: ${verdict(met)}`;
export const whole = (value) => Math.round(value).toLocaleString('en');
export const fixed = (value, digits = 1) => value.toFixed(digits);
export const times = (value) => `${value < 10 ? fixed(value) : whole(value)}x`;
export const verdict = (met) => (met ? 'met' : 'not met');

const headings = [
  '',
  'per CPU-second',
  'per second',
  'p50 ms',
  'p99 ms',
  'cores',
  'millrace per CPU-second',
  'per second',
  'p99',
];

function rowOf({ label, ratio, ...row }) {
  const figures = [
    whole(row.per_cpu_second),
    whole(row.per_second),
    fixed(row.p50_ms, 2),
    fixed(row.p99_ms, 2),
    fixed(row.cores, 2),
  ];
  if (!ratio) return [label, ...figures, '', '', ''];
  const aim = ratio.aim ? ` (aim ${ratio.aim}x: ${verdict(ratio.per_cpu_second >= ratio.aim)})` : '';
  return [label, ...figures, times(ratio.per_cpu_second) + aim, times(ratio.per_second), `${fixed(ratio.p99, 2)}x`];
}

function aloneRows(alone) {
  const tasks = whole(alone.tasks);
  const perTask = ((alone.memory_full.all - alone.memory_fresh.all) * 2 ** 20) / alone.tasks;
  const stopped = median(alone.start_stopped_ms);
  const killed = median(alone.start_killed_ms);
  const started = (value) => [
    `${whole(value)} ms`,
    compared(value, aloneAims.start_ms, 'ms', value < aloneAims.start_ms),
  ];
  const speed = alone.rebuild_per_second;
  const memory = ({ all, anonymous }) => `${whole(all)} MiB (${whole(anonymous)} MiB anonymous)`;
  const ofFresh = ({ all }) => `${fixed(all / alone.memory_fresh.all)}x of fresh`;
  return [
    ['', 'measured', 'ratio'],
    [`start with ${tasks} events, after a clean stop`, ...started(stopped)],
    [`start with ${tasks} events, after kill -9`, ...started(killed)],
    ['start on an empty folder', ...started(alone.start_fresh_ms)],
    ['resident memory, fresh and idle', memory(alone.memory_fresh), ofFresh(alone.memory_fresh)],
    [
      `resident memory after ${tasks} tasks`,
      memory(alone.memory_full),
      `${ofFresh(alone.memory_full)}, ${whole(perTask)} bytes a task`,
    ],
    [
      `resident memory, started again with ${tasks} tasks`,
      memory(alone.memory_restarted),
      ofFresh(alone.memory_restarted),
    ],
    [
      'disk, event and projection',
      `${whole(alone.disk_bytes_per_task)} bytes a task`,
      `${fixed(alone.disk_bytes_per_task / alone.answer_bytes)}x of the answer to createTask`,
    ],
    [
      'rebuild of the projection',
      `${whole(speed)} events/s (${fixed(alone.rebuild_seconds)} s)`,
      compared(speed, aloneAims.rebuild_per_second, 'events/s', speed >= aloneAims.rebuild_per_second),
    ],
    [
      'createTask, 64 connections with 16 requests under way each',
      `${whole(alone.fill_per_second)} per second`,
      `${whole(alone.fill_per_cpu_second)} per CPU-second`,
    ],
  ];
}

// How many cores other programs kept busy during the measured seconds: the mean of all rows.
function coresOfOthers(summary) {
  const rows = Object.values(summary).flat();
  return rows.reduce((sum, row) => sum + row.cores_of_others, 0) / rows.length;
}

export function describeRun({ machine, settings, versions, summary }) {
  const busy = summary ? coresOfOthers(summary) : 0;
  const rough = busy > BUSY_CORES ? ', so the figures are rough' : '';
  const others = summary ? `; other programs kept ${fixed(busy, 2)} cores busy meanwhile${rough}` : '';
  return [
    `${machine.cores} cores (${machine.processor}), ${machine.memory_gib} GiB of memory, ${machine.system}; ` +
      `fdatasync after a small append: p50 ${machine.sync_us.p50} µs, p99 ${machine.sync_us.p99} µs; ` +
      `load average before the run: ${fixed(machine.load_before)}${others}.`,
    `Medians of ${settings.rounds} ${settings.rounds > 1 ? 'rounds' : 'round'} of ${settings.seconds} s after ` +
      `${settings.warmup} s of warm-up; of ${settings.starts} starts. ${versions.millrace}; ` +
      `Apollo Server ${versions['@apollo/server']}, mercurius ${versions.mercurius}, ` +
      `Fastify ${versions.fastify}, graphql ${versions.graphql}, ioredis ${versions.ioredis}, ` +
      `Node ${versions.node}, redis-server ${versions.redis}.`,
  ];
}

// Text for a terminal.
export function asTable(results) {
  const parts = describeRun(results);
  for (const [load, rows] of Object.entries(results.summary ?? {})) {
    parts.push(`${loads[load]}\n${textTable([headings, ...rows.map(rowOf)])}`);
  }
  if (results.alone) parts.push(`millrace alone\n${textTable(aloneRows(results.alone))}`);
  return parts.join('\n\n') + '\n';
}

export function textTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  return [lines[0], '-'.repeat(lines[0].length), ...lines.slice(1)].map((line) => line.trimEnd()).join('\n');
}

// The tables and what they were measured on, ready to stand in a document.
export function asMarkdown(results) {
  const parts = describeRun(results);
  for (const [load, rows] of Object.entries(results.summary ?? {})) {
    parts.push(`### ${loads[load]}`, markdownTable([headings, ...rows.map(rowOf)]));
  }
  if (results.alone) parts.push('### millrace alone', markdownTable(aloneRows(results.alone)));
  return parts.join('\n\n') + '\n';
}

export function markdownTable([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
