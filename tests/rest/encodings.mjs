// Base64 and the format of the Redis protocol.
import assert from 'node:assert/strict';
import { check } from './door.mjs';

const base64 = { 'upstash-encoding': 'base64' };
const resp2 = { 'upstash-response-format': 'resp2' };

export default async function encodings(claim, { door }) {
  const encoded = async (words, result) => {
    const { json } = await door.post('', words, base64);
    assert.deepEqual(json, { result });
  };

  await door.pipeline(['SET', 'k', 'Ankara'], ['SET', 'ok', 'OK'], ['SET', 'none', '']);

  await claim('strings are encoded, integers and nulls are not', async () => {
    await encoded(['GET', 'k'], 'QW5rYXJh');
    await encoded(['GET', 'none'], '');
    await encoded(['STRLEN', 'k'], 6);
    await encoded(['GET', 'missing'], null);
    await encoded(['MGET', 'k', 'missing', 'ok'], ['QW5rYXJh', null, 'T0s=']);
  });
  await claim('the status OK alone is sent as it is', async () => {
    await encoded(['SET', 'k', 'Ankara'], 'OK');
    await encoded(['GET', 'ok'], 'T0s=');
    await encoded(['PING'], 'UE9ORw==');
    await encoded(['TYPE', 'k'], 'c3RyaW5n');
    await encoded(['ECHO', 'OK'], 'T0s=');
  });
  await claim('deep strings are encoded', async () => {
    const { json } = await door.post('', ['SCAN', '0', 'MATCH', 'ok', 'COUNT', '1000'], base64);
    assert.deepEqual(json, { result: ['MA==', ['b2s=']] });
  });
  await claim('errors are not encoded', async () => {
    const { status, json } = await door.post('', ['HGET', 'k', 'f'], base64);
    check(json, 'WRONGTYPE Operation against a key holding the wrong kind of value');
    assert.equal(status, 400);
  });
  await claim('batches are encoded item by item', async () => {
    const commands = [['SET', 'k', 'Ankara'], ['GET', 'k'], ['INCR', 'k'], ['GET', 'ok'], ['STRLEN', 'k']];
    const expected = [
      { result: 'OK' },
      { result: 'QW5rYXJh' },
      { error: 'ERR value is not an integer or out of range' },
      { result: 'T0s=' },
      { result: 6 },
    ];
    assert.deepEqual((await door.post('/pipeline', commands, base64)).json, expected);
    assert.deepEqual((await door.post('/multi-exec', commands, base64)).json, expected);
  });
  await claim('the path form is encoded', async () => {
    assert.deepEqual((await door.send({ path: '/get/k', headers: base64 })).json, { result: 'QW5rYXJh' });
  });
  await claim('binary survives base64, and is repaired without', async () => {
    const value = Buffer.from([0xff, 0x00, 0xe2, 0x82, 0x41]);
    await door.send({ path: '/set/bytes', body: value });
    const { json } = await door.post('', ['GET', 'bytes'], base64);
    assert.deepEqual(Buffer.from(json.result, 'base64'), value);
    await door.says(['GET', 'bytes'], '\ufffd\u0000\ufffdA');
  });

  const raw = async (what, status, text) => {
    const answer = await door.send({ ...what, headers: resp2 });
    assert.equal(answer.text, text);
    assert.equal(answer.status, status);
    assert.equal(answer.headers['content-type'], 'application/octet-stream');
  };
  await claim('resp2 answers the bytes of the Redis protocol', async () => {
    await raw({ path: '/set/foo/bar' }, 200, '+OK\r\n');
    await raw({ path: '/get/foo' }, 200, '$3\r\nbar\r\n');
    await raw({ path: '/get/missing' }, 200, '$-1\r\n');
    await raw({ path: '/strlen/foo' }, 200, ':3\r\n');
    await raw({ path: '/mget/foo/missing' }, 200, '*2\r\n$3\r\nbar\r\n$-1\r\n');
    await raw({ path: '/incr/foo' }, 400, '-ERR value is not an integer or out of range\r\n');
    await raw({ path: '/nope' }, 400, "-ERR Command is not available: 'NOPE'\r\n");
  });
  await claim('resp2 joins the replies of a pipeline', async () => {
    await raw({ path: '/pipeline', body: '[["GET","foo"],["INCR","foo"],["STRLEN","foo"]]' }, 200,
      '$3\r\nbar\r\n-ERR value is not an integer or out of range\r\n:3\r\n');
  });
  await claim('a transaction answers JSON whatever the format', async () => {
    const { json, headers } = await door.post('/multi-exec', [['GET', 'foo']], resp2);
    assert.deepEqual(json, [{ result: 'bar' }]);
    assert.equal(headers['content-type'], 'application/json');
  });
  await claim('the misspelt header works as well', async () => {
    const { text } = await door.send({ path: '/get/foo', headers: { 'upstash-reponse-format': 'resp2' } });
    assert.equal(text, '$3\r\nbar\r\n');
  });
  await claim('json is a format, others are not', async () => {
    assert.deepEqual((await door.post('', ['GET', 'foo'], { 'upstash-response-format': 'json' })).json, { result: 'bar' });
    for (const format of ['resp3', 'xml']) {
      const { status, json } = await door.post('', ['SET', 'foo', 'x'], { 'upstash-response-format': format });
      assert.equal(status, 400);
      check(json, /^ERR /);
    }
    const { status } = await door.post('', ['SET', 'foo', 'x'], { ...resp2, ...base64 });
    assert.equal(status, 400);
    await door.says(['GET', 'foo'], 'bar');
  });
}
