// Debian's python3-redis, with Debian's Python: python-redis.py does the work and says what holds.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { tool } from './redis-cli.mjs';
import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';

export default async function pythonRedis(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  const { code, out, err } = await tool('/usr/bin/python3', [join(import.meta.dirname, 'python-redis.py'), String(server.redis), token]);
  for (const part of out.split(/^(?=ok |not ok |done)/m)) {
    const [, verdict, text, why] = /^(ok|not ok) (.*)\n([^]*)$/.exec(part) ?? [];
    if (verdict) await claim(`python3-redis: ${text}`, () => assert.equal(verdict, 'ok', why));
  }
  await claim('python3-redis: the script came to its end', () => assert.match(out, /^done$/m, `${code} ${err}`));
  await claim('the server ends well after python3-redis', () => server.stop());
}
