// What is answered to requests that cannot be served: always JSON, never empty.
import assert from 'node:assert/strict';

import { basic, raw } from './log.mjs';

const pages = {
  'access-control-allow-origin': '*',
};

export default async function refusals(claim, { log }) {
  const topic = await log.topic();

  await claim('paths that are none are 404', async () => {
    for (const path of ['', '/', '/nothing', '/fetch/more', '/consume/g', '/commit/g', '/topics/x', '/Fetch', '/schema-registry/subjects']) {
      const { headers } = await log.fails({ path }, 404);
      assert.equal(headers['access-control-allow-origin'], pages['access-control-allow-origin']);
    }
  });
  await claim('other methods are 405, and say which are taken', async () => {
    for (const [method, path, allow] of [
      ['PUT', `/produce/${topic}/x`, 'GET, POST, OPTIONS'],
      ['DELETE', '/fetch', 'GET, POST, OPTIONS'],
      ['POST', '/topics', 'GET, OPTIONS'],
      ['POST', '/consumers', 'GET, OPTIONS'],
      ['GET', '/delete-consumer/g/i', 'POST, DELETE, OPTIONS'],
      ['PATCH', '/consume/g/i', 'GET, POST, OPTIONS'],
    ]) {
      const { headers } = await log.fails({ method, path }, 405);
      assert.equal(headers.allow, allow);
    }
  });
  await claim('a body that is too large is 413', async () => {
    const text = await raw(
      log.port,
      `POST /kafka/produce HTTP/1.1\r\nHost: h\r\nAuthorization: ${basic(log.pair)}\r\nContent-Length: 99999999999\r\n\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 413 /);
    const json = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
    assert.equal(json.status, 413);
    assert.match(json.error, /larger than \d+ bytes/);
  });
  await claim('a record that is too large for its topic is 413', async () => {
    const small = await log.topic({ record_bytes_max: 10 });
    await log.fails({ path: `/produce/${small}/01234567890` }, 413);
    assert.equal((await log.send({ path: `/produce/${small}/0123456789` })).status, 200);
  });
  await claim('pages of any origin may ask first', async () => {
    for (const path of ['/produce', '/fetch/', '/consume/g/i/t', '/nothing']) {
      const { status, headers, json } = await log.as(undefined).send({
        method: 'OPTIONS',
        path,
        headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
      });
      assert.equal(status, 200);
      assert.deepEqual(json, {});
      assert.equal(headers['access-control-allow-origin'], '*');
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
        assert.ok(headers['access-control-allow-methods'].includes(method));
      }
      for (const name of ['authorization', 'content-type', 'kafka-enable-auto-commit', 'kafka-auto-commit-interval',
        'kafka-auto-offset-reset', 'kafka-session-timeout-ms']) {
        assert.ok(headers['access-control-allow-headers'].includes(name), name);
      }
    }
  });
  await claim('malformed JSON is 400 wherever a body is read', async () => {
    for (const path of ['/produce', `/produce/${topic}`, '/fetch', '/consume/g/i', '/commit/g/i', '/committed/g/i', '/offsets/latest']) {
      for (const body of ['{', '"', '[1,', 'undefined', '{"topic":"\ud800'.normalize(), '[[[[', '\u0000']) {
        await log.fails({ method: 'POST', path, body }, 400);
      }
    }
  });
  await claim('a malformed request is refused in JSON as well', async () => {
    const text = await raw(log.port, 'GET /kafka/fetch HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n');
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.ok(JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)).error);
  });
}
