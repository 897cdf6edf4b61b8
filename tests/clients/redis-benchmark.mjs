// redis-benchmark: every test that it knows runs to its end with a figure, one by one and pipelined.
import assert from 'node:assert/strict';

import { tool } from './redis-cli.mjs';
import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';
const names = [
  'PING_INLINE', 'PING_MBULK', 'SET', 'GET', 'INCR', 'LPUSH', 'RPUSH', 'LPOP', 'RPOP', 'SADD', 'HSET', 'SPOP', 'ZADD',
  'ZPOPMIN', 'LPUSH (needed to benchmark LRANGE)', 'LRANGE_100 (first 100 elements)', 'LRANGE_300 (first 300 elements)',
  'LRANGE_500 (first 500 elements)', 'LRANGE_600 (first 600 elements)', 'MSET (10 keys)',
];

export default async function redisBenchmark(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  const settings = {
    'one by one': [],
    'sixteen in a pipeline': ['-P', '16'],
    'with random keys and four threads': ['-r', '1000', '--threads', '4'],
    'a connection for each command': ['-k', '0', '-n', '500'],
    'by RESP3': ['-3'],
  };
  for (const [how, words] of Object.entries(settings)) {
    await claim(`redis-benchmark, ${how}: its whole list has figures`, async () => {
      const line = ['-p', server.redis, '-a', token, '-n', '2000', '-c', '20', '-q', ...words];
      const { code, out, err } = await tool('redis-benchmark', line);
      assert.equal(code, 0, err + out);
      // Without a terminal, each line is drawn over and over; the last state of each has the figure.
      const ends = out.split(/[\r\n]/).map((text) => /^(.*): ([\d.]+) requests per second, p50=[\d.]+ msec/.exec(text.trim())).filter(Boolean);
      assert.deepEqual(ends.map(([, test]) => test), names);
      for (const [text, , rate] of ends) assert.ok(Number(rate) > 0, text);
      assert.doesNotMatch(out + err, /error/i);
    });
  }
  await claim('redis-benchmark: a command of one’s own', async () => {
    const { code, out } = await tool('redis-benchmark', ['-p', server.redis, '-a', token, '-n', '1000', '-q', '-r', '100', 'ZADD', 'mine', '__rand_int__', 'member:__rand_int__']);
    assert.equal(code, 0);
    assert.match(out, /requests per second/);
  });
  await claim('the server ends well after redis-benchmark', () => server.stop());
}
