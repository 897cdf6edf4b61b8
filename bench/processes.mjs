// Child processes of the benchmark: started, awaited, measured through /proc, ended by their id. None outlives it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CLOCK_TICKS = 100; // per second: what /proc/<pid>/stat counts in on Linux
const STOP_MAX_MS = 20_000;
const READY_MAX_MS = 60_000;

const running = new Set();
const folders = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

// A new empty folder below `parent`, removed at the end at the latest.
export function makeFolder(parent, name) {
  fs.mkdirSync(parent, { recursive: true });
  const folder = fs.mkdtempSync(path.join(parent, `${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

// Starts a server; what it prints goes to `log`, whose end is shown if it fails.
export function start(command, options, { log, env = {} }) {
  const output = fs.openSync(log, 'w');
  const child = spawn(command, options, { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
  fs.closeSync(output);
  child.command = path.basename(command);
  child.log = log;
  child.ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(`cannot be started: ${error.message}`));
    child.on('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
  });
  child.ended.then((how) => {
    child.how = how;
    running.delete(child);
  });
  running.add(child);
  return child;
}

export async function stop(child, signal = 'SIGTERM') {
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
  await child.ended;
  clearTimeout(late);
}

// Awaits `probe` (true when ready), trying again every millisecond or as `pause` says.
export async function ready(child, probe, pause = 1) {
  const end = Date.now() + READY_MAX_MS;
  while (!(await probe())) {
    if (child.how) throw new Error(`${child.command} ${child.how}:\n${tail(child.log)}`);
    if (Date.now() > end) throw new Error(`${child.command} was not ready in time:\n${tail(child.log)}`);
    await sleep(pause);
  }
}

const tail = (file) => fs.readFileSync(file, 'utf8').slice(-1500);

// Runs a command to its end and returns what it printed; throws with its message when it fails.
export function run(command, options, { timeoutMs = 60_000, env = {}, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, cwd });
    const out = [];
    const err = [];
    const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    running.add(child);
    child.stdout.on('data', (bytes) => out.push(bytes));
    child.stderr.on('data', (bytes) => err.push(bytes));
    child.on('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      clearTimeout(late);
      running.delete(child);
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const said = (Buffer.concat(err).toString() || Buffer.concat(out).toString()).slice(-1500);
      reject(new Error(`${path.basename(command)} ended with ${signal ?? `code ${code}`}: ${said}`));
    });
  });
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Processor time in user and system mode that the processes have used so far, all their threads included.
export function cpuSeconds(children) {
  let ticks = 0;
  for (const { pid } of children) {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / CLOCK_TICKS;
}

// Processor time that the whole machine has spent on work so far, idle and waiting times excluded.
export function machineCpuSeconds() {
  const [user, nice, system, , , irq, softirq] = fs
    .readFileSync('/proc/stat', 'latin1')
    .split(/\s+/)
    .slice(1, 8)
    .map(Number);
  return (user + nice + system + irq + softirq) / CLOCK_TICKS;
}

// Resident memory of a process in MiB: all of it, and the part that is no file's.
export function residentMemory({ pid }) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
  const mebibytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]) / 1024;
  return { all: mebibytes('VmRSS'), anonymous: mebibytes('RssAnon') };
}

// What a folder takes on the disk, in bytes.
export function diskUse(folder) {
  let bytes = 0;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += fs.statSync(path.join(entry.parentPath ?? entry.path, entry.name)).blocks * 512;
  }
  return bytes;
}
