import { claims } from '../claims.mjs';
import apollo from './apollo.mjs';
import audits from './audits.mjs';
import bullmq from './bullmq.mjs';
import connectRedis from './connect-redis.mjs';
import plainFetch from './fetch.mjs';
import ioredis from './ioredis.mjs';
import kafka from './kafka.mjs';
import nodeRedis from './node-redis.mjs';
import pythonRedis from './python-redis.mjs';
import qstash from './qstash.mjs';
import redisBenchmark from './redis-benchmark.mjs';
import redisCli from './redis-cli.mjs';
import upstash from './upstash.mjs';

const flows = [
  audits, plainFetch, apollo, ioredis, nodeRedis, bullmq, connectRedis, upstash, redisCli, redisBenchmark, pythonRedis,
  kafka, qstash,
];
const { claim, close } = claims();
for (const flow of flows) {
  await flow(claim).catch((error) => claim(`${flow.name} has a server to talk to`, () => Promise.reject(error)));
}
close();
