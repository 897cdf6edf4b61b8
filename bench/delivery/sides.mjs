// The two that are compared: each takes messages and posts them to the receiver.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { answers } from '../http.mjs';
import { freePort, makeFolder, ready, removeFolder, start, stop } from '../processes.mjs';
import { program, workFolder } from '../stacks.mjs';
import { startRedisServer } from '../store/servers.mjs';

const here = import.meta.dirname;
const token = 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0='; // of the development mode
export const concurrency = 50; // requests under way at the receiver, on both sides

export async function startSink() {
  const port = await freePort();
  const folder = makeFolder(workFolder, 'sink');
  const child = start(process.execPath, [path.join(here, 'sink.mjs'), String(port)], { log: path.join(folder, 'log') });
  await ready(child, () => answers(port, '/count'), 20);
  const get = (where) => fetch(`http://127.0.0.1:${port}${where}`).then((answer) => answer.json());
  return {
    url: `http://127.0.0.1:${port}/in`,
    look: () => get('/count'),
    reset: () => get('/reset'),
    end: async () => {
      await stop(child);
      removeFolder(folder);
    },
  };
}

function post(agent, port, where, headers, body) {
  return new Promise((resolve, reject) => {
    const options = { hostname: '127.0.0.1', port, path: where, method: 'POST', agent, headers };
    const request = http.request(options, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString();
        return answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode} ${text}`));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

export async function startMillrace() {
  const folder = makeFolder(workFolder, 'delivery');
  const [port, redisPort] = [await freePort(), await freePort()];
  const options = ['dev', '--http', `127.0.0.1:${port}`, '--redis', `127.0.0.1:${redisPort}`];
  const child = start(program, [...options, '--data', path.join(folder, 'data'), '--quiet'], { log: path.join(folder, 'log') });
  await ready(child, () => answers(port, '/health'), 5);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    children: [child],
    publish: (url, body) => post(agent, port, `/v2/publish/${url}`, headers, body),
    publishLater: (url, bodies) => {
      const later = { 'content-type': 'application/json', 'upstash-delay': '1d' };
      const batch = bodies.map((body) => ({ destination: url, headers: later, body }));
      return post(agent, port, '/v2/batch', headers, JSON.stringify(batch));
    },
    end: async () => {
      agent.destroy();
      await stop(child);
      removeFolder(folder);
    },
  };
}

export async function startBullmq() {
  const { Queue } = await import('bullmq');
  const redis = await startRedisServer();
  const folder = makeFolder(workFolder, 'worker');
  const log = path.join(folder, 'log');
  const options = [path.join(here, 'worker.mjs'), String(redis.redisPort), String(concurrency)];
  const worker = start(process.execPath, options, { log, env: { NODE_ENV: 'production' } });
  await ready(worker, () => fs.readFileSync(log, 'utf8').includes('ready'), 20);
  const queue = new Queue('messages', { connection: { host: '127.0.0.1', port: redis.redisPort } });
  await queue.waitUntilReady();
  return {
    children: [redis.child, worker],
    publish: (url, body) => queue.add('message', { url, body }, { attempts: 4, removeOnComplete: { count: 1000 } }),
    publishLater: (url, bodies) =>
      queue.addBulk(bodies.map((body) => ({ name: 'message', data: { url, body }, opts: { attempts: 4, delay: 86_400_000 } }))),
    end: async () => {
      await queue.close();
      await stop(worker);
      await redis.end();
      removeFolder(folder);
    },
  };
}

export const sides = { millrace: startMillrace, bullmq: startBullmq };

// Fetches the client library at the first run.
export async function prepare() {
  if (fs.existsSync(path.join(here, 'node_modules/bullmq'))) return;
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error('npm could not fetch bullmq');
}
