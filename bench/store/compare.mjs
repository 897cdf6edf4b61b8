// Side by side: redis-benchmark over the Redis protocol, wrk over HTTP. Servers take turns, each round begins with
// another one.
import os from 'node:os';
import { cpuSeconds, run } from '../processes.mjs';
import { TOKEN, startMillrace, startRedisServer, startWebdis } from './servers.mjs';

const CONNECTIONS = 50;
const KEYS = 100_000;

export const protocolLoads = [
  { name: 'GET, pipeline 1', test: 'get', pipeline: 1, aim: 1 },
  { name: 'SET, pipeline 1', test: 'set', pipeline: 1, aim: 1 },
  { name: 'GET, pipeline 16', test: 'get', pipeline: 16, aim: 1 },
  { name: 'SET, pipeline 16', test: 'set', pipeline: 16, aim: 0.7 },
];

export const httpLoads = [
  { name: 'GET over HTTP', command: 'GET/key', aim: 2 },
  { name: 'SET over HTTP', command: 'SET/key/value', aim: 2 },
];

export const sides = { protocol: ['millrace', 'redis-server'], http: ['millrace', 'webdis'] };

const starters = { millrace: startMillrace, 'redis-server': startRedisServer, webdis: () => startWebdis(os.cpus().length) };

// Answers name of load → side → its rounds.
export async function compare(kind, settings, progress) {
  const loads = kind === 'protocol' ? protocolLoads : httpLoads;
  const results = Object.fromEntries(loads.map(({ name }) => [name, {}]));
  for (let round = 0; round < settings.rounds; ++round) {
    const order = round % 2 === 0 ? sides[kind] : [...sides[kind]].reverse();
    for (const side of order) {
      const server = await starters[side]();
      try {
        for (const load of loads) {
          progress.step(`round ${round + 1} of ${settings.rounds}: ${side}, ${load.name}`);
          const figures = await (kind === 'protocol' ? overProtocol : overHttp)(server, load, settings);
          (results[load.name][side] ??= []).push(figures);
        }
      } finally {
        await server.end();
      }
    }
  }
  return results;
}

async function overProtocol(server, { test, pipeline }, { requests }) {
  const options = ['-p', server.redisPort, ...server.authorization, '-c', CONNECTIONS, '-P', pipeline, '-t', test];
  const drive = async (count) => {
    const printed = await run('redis-benchmark', [...options, '-n', count, '-r', KEYS, '--csv'].map(String), {
      timeoutMs: 600_000,
    });
    const row = printed.trim().split('\n').at(-1).split(',').map((cell) => cell.replaceAll('"', ''));
    if (row[0].toLowerCase() !== test || !(Number(row[1]) > 0)) throw new Error(`redis-benchmark said: ${printed}`);
    return { per_second: Number(row[1]), p50_ms: Number(row[4]), p99_ms: Number(row[6]) };
  };
  const count = requests * (pipeline > 1 ? 4 : 1);
  await drive(Math.ceil(count / 4));
  return withCpu(server, count, () => drive(count));
}

async function overHttp(server, { command }, { seconds }) {
  const own = server.redisPort !== undefined;
  const url = `http://127.0.0.1:${server.port}/${own ? 'redis/' : ''}${command}`;
  const header = own ? ['-H', `Authorization: Bearer ${TOKEN}`] : [];
  const drive = async (duration) => {
    const options = ['-t', 1, '-c', CONNECTIONS, '-d', `${duration}s`, '--latency', ...header, url].map(String);
    const printed = await run('wrk', options, { timeoutMs: 120_000 });
    if (/Non-2xx|Socket errors/.test(printed)) throw new Error(`wrk met errors:\n${printed}`);
    const figure = (pattern) => Number(pattern.exec(printed)[1]);
    const latency = (percent) => {
      const [, value, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(printed);
      return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit];
    };
    return {
      requests: figure(/(\d+) requests in/),
      per_second: figure(/Requests\/sec:\s+([\d.]+)/),
      p50_ms: latency(50),
      p99_ms: latency(99),
    };
  };
  await drive(Math.max(1, Math.ceil(seconds / 4)));
  return withCpu(server, null, () => drive(seconds));
}

async function withCpu(server, count, drive) {
  const before = cpuSeconds(server.children);
  const { requests = count, ...figures } = await drive();
  const cpu = cpuSeconds(server.children) - before;
  return { ...figures, per_cpu_second: requests / cpu, cores: (cpu * figures.per_second) / requests };
}
