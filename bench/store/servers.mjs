// The servers that are compared, each on an empty folder and free ports of the loopback interface.
import fs from 'node:fs';
import path from 'node:path';
import { answers } from '../http.mjs';
import { freePort, makeFolder, ready, removeFolder, run, start, stop } from '../processes.mjs';
import { program, startRedis, workFolder } from '../stacks.mjs';

export const TOKEN = 'measured-on-loopback-only';

export async function startMillrace({ data, under = [] } = {}) {
  const folder = makeFolder(workFolder, 'millrace');
  const [port, redisPort] = [await freePort(), await freePort()];
  const place = data ?? path.join(folder, 'data');
  const command = [...under, program, 'dev', '--http', `127.0.0.1:${port}`, '--redis', `127.0.0.1:${redisPort}`];
  const child = start(command[0], [...command.slice(1), '--data', place, '--quiet'], {
    log: path.join(folder, 'log'),
    env: { MILLRACE_TOKEN: TOKEN },
  });
  await ready(child, () => answers(port, '/health'), 5);
  const end = async () => {
    await stop(child);
    removeFolder(folder);
  };
  return { port, redisPort, child, children: [child], data: place, authorization: ['-a', TOKEN], end };
}

async function answersPing(port) {
  return run('redis-cli', ['-p', String(port), 'ping']).then(
    (answer) => answer.trim() === 'PONG',
    () => false,
  );
}

// Syncs its file before it answers a write, as millrace does.
export async function startRedisServer() {
  const folder = makeFolder(workFolder, 'redis');
  const { port, child } = await startRedis(folder);
  await ready(child, () => answersPing(port), 20);
  const end = async () => {
    await stop(child);
    removeFolder(folder);
  };
  return { redisPort: port, child, children: [child], authorization: [], end };
}

// webdis with as many threads as the machine has cores, beside a redis-server of its own.
export async function startWebdis(cores) {
  const redis = await startRedisServer();
  const folder = makeFolder(workFolder, 'webdis');
  const port = await freePort();
  const settings = path.join(folder, 'webdis.json');
  fs.writeFileSync(
    settings,
    JSON.stringify({
      ...{ redis_host: '127.0.0.1', redis_port: redis.redisPort, redis_auth: null, database: 0 },
      ...{ http_host: '127.0.0.1', http_port: port, threads: cores, pool_size: 20, daemonize: false, websockets: false },
      ...{ verbosity: 0, logfile: path.join(folder, 'webdis.log') },
    }),
  );
  const child = start('webdis', [settings], { log: path.join(folder, 'log') });
  await ready(child, () => answers(port, '/PING'), 20);
  const end = async () => {
    await stop(child);
    await redis.end();
    removeFolder(folder);
  };
  return { port, children: [child, redis.child], end };
}
