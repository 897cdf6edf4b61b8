// Headers of responses, methods, connections.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';

export default async function headers(claim, { door }) {
  const tokenOf = ({ headers: { 'upstash-sync-token': token } }) => token;

  await claim('every response carries another sync token', async () => {
    const answers = [
      await door.post('', ['SET', 'a', '1']),
      await door.post('', ['GET', 'a']),
      await door.post('/pipeline', [['SET', 'a', '2']]),
      await door.post('/multi-exec', [['SET', 'a', '3']]),
      await door.post('', ['NOPE']),
      await door.send({ path: '/get/a', authorized: false }),
      await door.send({ method: 'DELETE', path: '/get/a' }),
      ...(await Promise.all(Array.from({ length: 20 }, () => door.post('', ['INCR', 'b'])))),
    ];
    const tokens = answers.map(tokenOf);
    assert.ok(tokens.every((token) => token?.length > 0));
    assert.equal(new Set(tokens).size, tokens.length);
  });
  await claim('any sync token may be sent', async () => {
    for (const token of ['', 'my-new-sync-token', '1:7f3a91', 'x'.repeat(500)]) {
      const { json } = await door.post('', ['GET', 'a'], { 'upstash-sync-token': token });
      assert.deepEqual(json, { result: '3' });
    }
  });
  await claim('responses are never cached', async () => {
    for (const answer of [await door.send({ path: '/get/a' }), await door.send({ path: '/nope' })]) {
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers.etag, undefined);
    }
  });
  await claim('responses say their length', async () => {
    const { headers: had, bytes } = await door.send({ path: '/get/a' });
    assert.equal(had['content-length'], String(bytes.length));
  });
  await claim('pages of any origin may read responses', async () => {
    for (const answer of [
      await door.send({ path: '/get/a', headers: { origin: 'https://example.com' } }),
      await door.send({ path: '/get/a', authorized: false }),
    ]) {
      assert.equal(answer.headers['access-control-allow-origin'], '*');
      assert.match(answer.headers['access-control-expose-headers'], /upstash-sync-token/);
    }
  });
  await claim('preflights are answered', async () => {
    const asked = 'authorization, content-type, upstash-encoding, upstash-sync-token, upstash-telemetry-sdk';
    for (const path of ['', '/pipeline', '/get/a']) {
      const { status, headers: had, text } = await door.send({
        method: 'OPTIONS',
        path,
        authorized: false,
        headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': asked },
      });
      assert.equal(status, 204);
      assert.equal(text, '');
      assert.equal(had['access-control-allow-origin'], '*');
      for (const method of ['GET', 'HEAD', 'POST', 'PUT']) assert.match(had['access-control-allow-methods'], new RegExp(method));
      for (const name of asked.split(', ')) assert.ok(had['access-control-allow-headers'].includes(name), name);
    }
  });
  await claim('other methods are 405 with nothing in it', async () => {
    for (const method of ['DELETE', 'PATCH']) {
      const { status, text } = await door.send({ method, path: '/get/a' });
      assert.equal(status, 405);
      assert.equal(text, '');
    }
  });
  await claim('telemetry headers are taken', async () => {
    const { json } = await door.post('', ['GET', 'a'], {
      'Upstash-Telemetry-Sdk': '@upstash/redis@v1.37.0, @upstash/ratelimit@v2.0.0',
      'Upstash-Telemetry-Platform': 'vercel',
      'Upstash-Telemetry-Runtime': 'node@v22.1.0',
    });
    assert.deepEqual(json, { result: '3' });
  });
  await claim('a connection serves many requests', async () => {
    const socket = connect(door.port, '127.0.0.1');
    const one = `POST /redis HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${door.token}\r\nContent-Length: 12\r\n\r\n["INCR","c"]`;
    socket.write(one.repeat(20));
    let text = '';
    while (!text.includes('{"result":20}')) text += (await once(socket, 'data'))[0];
    socket.destroy();
    assert.deepEqual([...text.matchAll(/\{"result":(\d+)\}/g)].map((match) => Number(match[1])),
      Array.from({ length: 20 }, (_, i) => i + 1));
  });
}
