// The stacks that are compared: how each is started, and which processes of it serve. Every start is on an empty data
// folder and free ports of the loopback interface.
import fs from 'node:fs';
import path from 'node:path';
import { answers, speaksGraphql } from './http.mjs';
import { freePort, makeFolder, ready, removeFolder, run, start, stop } from './processes.mjs';

export const root = path.resolve(import.meta.dirname, '..');
export const workFolder = path.join(root, 'build', 'bench');
export const program = path.resolve(process.env.MILLRACE_PROGRAM ?? path.join(root, 'build', 'release', 'millrace'));
const peers = path.join(import.meta.dirname, 'peers');

export const stacks = [
  { name: 'millrace', label: 'millrace', start: startMillrace },
  { name: 'apollo', label: 'Apollo Server', start: startPeer('apollo.mjs', 'plain') },
  { name: 'apollo-folded', label: 'Apollo Server, folded', start: startPeer('apollo.mjs', 'folded') },
  { name: 'mercurius', label: 'mercurius', start: startPeer('mercurius.mjs', 'plain') },
  { name: 'mercurius-folded', label: 'mercurius, folded', start: startPeer('mercurius.mjs', 'folded') },
];

// Starts millrace on `data` and its log beside it. `pause` is how long to wait between two looks at /health.
export async function startMillraceOn(data, log, pause = 5) {
  const [port, redisPort] = [await freePort(), await freePort()];
  const options = [
    'dev',
    '--http',
    `127.0.0.1:${port}`,
    '--redis',
    `127.0.0.1:${redisPort}`,
    '--data',
    data,
    '--quiet',
  ];
  const begin = performance.now();
  const child = start(program, options, { log });
  await ready(child, () => answers(port, '/health'), pause);
  return { port, child, startMs: performance.now() - begin };
}

async function startMillrace() {
  const folder = makeFolder(workFolder, 'millrace');
  const { port, child } = await startMillraceOn(path.join(folder, 'data'), path.join(folder, 'log'));
  return { port, children: [child], end: () => end([child], folder) };
}

// Redis syncs its file before it answers a write (`always`). Snapshots and rewriting of the file are off: the work
// that a longer life would ask of it is not charged to it.
export async function startRedis(folder) {
  const port = await freePort();
  const options = [
    ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0'],
  ];
  return { port, child: start('redis-server', options.flat().map(String), { log: path.join(folder, 'redis.log') }) };
}

function startPeer(script, use) {
  return async () => {
    const folder = makeFolder(workFolder, 'peer');
    const redis = await startRedis(folder);
    const port = await freePort();
    const options = [path.join(peers, script), port, redis.port, use].map(String);
    const node = start(process.execPath, options, {
      log: path.join(folder, 'node.log'),
      env: { NODE_ENV: 'production' },
    });
    await ready(node, () => speaksGraphql(port), 20);
    return { port, children: [node, redis.child], end: () => end([node, redis.child], folder) };
  };
}

async function end(children, folder) {
  for (const child of children) await stop(child);
  removeFolder(folder);
}

// Installs the peers' packages when they are not there yet, and says what else is missing.
export async function preparePeers() {
  await run('redis-server', ['--version']).catch(() => {
    throw new Error('redis-server is missing; install it with: apt-get install --no-install-recommends redis-server');
  });
  const installed = path.join(peers, 'node_modules', '.package-lock.json');
  const lock = path.join(peers, 'package-lock.json');
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(lock).mtimeMs) return;
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: peers, timeoutMs: 600_000 });
  fs.utimesSync(installed, new Date(), new Date());
}

export function requireProgram() {
  if (fs.existsSync(program)) return;
  throw new Error(`there is no ${program}; build it with: ./dev build (or name another one by MILLRACE_PROGRAM)`);
}

export async function versions() {
  const packageVersion = (name) =>
    JSON.parse(fs.readFileSync(path.join(peers, 'node_modules', name, 'package.json'), 'utf8')).version;
  const names = ['@apollo/server', '@as-integrations/fastify', 'mercurius', 'fastify', 'graphql', 'ioredis'];
  const redis = /v=(\S+)/.exec(await run('redis-server', ['--version']))[1];
  const own = fs.existsSync(program) ? (await run(program, ['--version'])).trim() : 'not built';
  return {
    millrace: own,
    node: process.versions.node,
    redis,
    ...Object.fromEntries(names.map((n) => [n, packageVersion(n)])),
  };
}
