// What the figures were measured on.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeFolder, removeFolder } from './processes.mjs';
import { workFolder } from './stacks.mjs';

const SYNCS = 300;

export function describeMachine() {
  const processor = os.cpus()[0]?.model.trim() ?? 'unknown';
  const release = /^PRETTY_NAME="?([^"\n]+)/m.exec(fs.readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type();
  return {
    processor,
    cores: os.cpus().length,
    memory_gib: Math.round(os.totalmem() / 2 ** 30),
    system: `${release}, Linux ${os.release()}`,
    load_before: os.loadavg()[0],
    sync_us: timeSyncs(),
  };
}

// How long an fdatasync after an append of 200 bytes takes on the disk that the stacks write to. A disk that answers
// within a few microseconds does not sync: figures of durable writes from there mean nothing.
function timeSyncs() {
  const folder = makeFolder(workFolder, 'sync');
  const file = fs.openSync(path.join(folder, 'file'), 'a');
  const times = [];
  for (let i = 0; i < SYNCS; ++i) {
    const begin = performance.now();
    fs.writeSync(file, 'x'.repeat(200));
    fs.fdatasyncSync(file);
    times.push((performance.now() - begin) * 1000);
  }
  fs.closeSync(file);
  removeFolder(folder);
  times.sort((a, b) => a - b);
  return { p50: Math.round(times[SYNCS / 2]), p99: Math.round(times[Math.floor(SYNCS * 0.99)]) };
}
