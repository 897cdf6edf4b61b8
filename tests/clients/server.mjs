// Starts the server for a test and stops it again. Shared by all suites that talk to a whole server.
//
//   const server = await startServer({ files: ['apps/tasks.graphql'] });
//   await fetch(server.url + '/graphql', ...);
//   await server.stop();   // by SIGTERM; throws when the server does not end well
//
// The program is MILLRACE_PROGRAM, else build/release/millrace. Its output goes to a file in MILLRACE_LOGS.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const root = resolve(import.meta.dirname, '../..');
export const program = resolve(process.env.MILLRACE_PROGRAM ?? join(root, 'build/release/millrace'));
export const logs = resolve(process.env.MILLRACE_LOGS ?? join(root, 'build/test-logs'));

const patience = process.env.MILLRACE_SANITIZED ? 60_000 : 20_000; // ms for a start or a stop; sanitizers are slow

process.setMaxListeners(0); // one for each server

let started = 0;

// Ports that nobody uses at this moment; the system does not hand them out again soon.
export async function freePorts(count) {
  const holders = await Promise.all(
    Array.from({ length: count }, async () => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      return holder;
    }),
  );
  const ports = holders.map((holder) => holder.address().port);
  await Promise.all(holders.map((holder) => new Promise((done) => holder.close(done))));
  return ports;
}

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'millrace-test-'));

async function untilHealthy(url, child, output) {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended by itself (${child.exitCode ?? child.signalCode}):\n${output()}`);
    }
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.ok) return;
    await pause(10);
  }
  throw new Error(`the server was not healthy after ${patience / 1000} s:\n${output()}`);
}

// command      the sub-command: 'dev' (the default) or another that serves
// files        schema files; none means the server's own default
// options      further options, after --data, --http and --redis
// data         the data folder; without it a temporary one, removed by stop()
// ports        [http, redis]; without them free ones, so that a second start can take the first one's
// environment  further environment variables
export async function startServer({ command = 'dev', files = [], options = [], data, ports, environment = {} } = {}) {
  const folder = data ?? (await temporaryFolder());
  const [http, redis] = ports ?? (await freePorts(2));
  const url = `http://127.0.0.1:${http}`;
  const line = ['--data', folder, '--http', `127.0.0.1:${http}`, '--redis', `127.0.0.1:${redis}`, ...options];
  const child = spawn(program, [command, ...files, ...line], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  process.once('exit', () => child.kill('SIGKILL')); // a failed test may not have stopped it
  const exit = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  const failure = new Promise((_, reject) => child.on('error', reject));
  failure.catch(() => undefined);

  mkdirSync(logs, { recursive: true });
  const log = createWriteStream(join(logs, `server-${process.pid}-${++started}.log`));
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log.write(text);
      tail = (tail + text).slice(-65_536);
    });
  }
  const output = () => tail;

  const kill = async (signal = 'SIGKILL') => {
    child.kill(signal);
    return exit;
  };
  const removeData = () => (data ? undefined : rm(folder, { recursive: true, force: true }));

  // Ends the server as an operator would and says what came of it. Throws when it hangs or does not exit with 0.
  const stop = async () => {
    child.kill('SIGTERM');
    const ended = await Promise.race([exit, pause(patience, undefined, { ref: false })]);
    if (!ended) {
      await kill();
      throw new Error(`the server did not stop within ${patience / 1000} s of SIGTERM:\n${output()}`);
    }
    await removeData();
    if (ended.code !== 0) throw new Error(`the server ended with ${ended.code ?? ended.signal}:\n${output()}`);
  };

  try {
    await Promise.race([untilHealthy(url, child, output), failure]);
  } catch (error) {
    child.kill('SIGKILL');
    await removeData();
    throw error;
  }
  return { url, http, redis, ports: [http, redis], data: folder, pid: child.pid, child, exit, output, stop, kill, removeData };
}

// Sends one GraphQL request by POST and gives the status and the parsed body.
export async function graphql(server, query, variables, headers = {}) {
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}
