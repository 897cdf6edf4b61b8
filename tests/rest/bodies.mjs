// Commands as JSON arrays.
import assert from 'node:assert/strict';
import { check } from './door.mjs';

export default async function bodies(claim, { door }) {
  const raw = (body) => door.send({ method: 'POST', body });

  await claim('strings are their bytes in UTF-8', async () => {
    await door.says(['SET', 'city', 'Ankara'], 'OK');
    assert.deepEqual((await raw('["SET","u","\\u00e9\\n\\ud83d\\ude00 \\"q\\""]')).json, { result: 'OK' });
    await door.says(['GET', 'u'], 'é\n\u{1F600} "q"');
    await door.says(['STRLEN', 'u'], 11);
  });
  await claim('numbers are their own text', async () => {
    for (const number of ['60', '99.50', '-0', '1e+21', '1E2', '12345678901234567890123', '0.1000']) {
      assert.deepEqual((await raw(`["SET","n",${number}]`)).json, { result: 'OK' });
      await door.says(['GET', 'n'], number);
    }
    await door.says(['SET', 'k', 'v', 'EX', 60], 'OK');
  });
  await claim('true and false are words', async () => {
    assert.deepEqual((await raw('["MSET","t",true,"f",false]')).json, { result: 'OK' });
    await door.says(['MGET', 't', 'f'], ['true', 'false']);
  });
  await claim('null is no argument', async () => {
    await door.fails(['SET', 'k', null], 'ERR unsupported arg type: %!q(<nil>): <nil>');
    await door.fails([null], 'ERR unsupported arg type: %!q(<nil>): <nil>');
  });
  await claim('arrays and objects are no arguments', async () => {
    await door.fails(['SET', 'k', ['v']], /^ERR unsupported arg type: /);
    await door.fails(['SET', 'k', { a: 1 }], /^ERR unsupported arg type: /);
  });
  await claim('a body that is no array is refused', async () => {
    for (const body of ['', '{}', '"GET"', 'GET k', '12', 'null', '["GET"', '["GET",]', '["GET"]]', "['GET']", '["a" "b"]']) {
      const { status, json } = await raw(body);
      check(json, 'ERR failed to parse command');
      assert.equal(status, 400, body);
    }
    const { json } = await raw(Buffer.from('["GET","\xff"]', 'latin1'));
    check(json, 'ERR failed to parse command');
  });
  await claim('an empty array is refused', async () => {
    await door.fails([], 'ERR empty command');
  });
  await claim('half a surrogate pair becomes U+FFFD', async () => {
    assert.deepEqual((await raw('["SET","cut","a\\ud83d"]')).json, { result: 'OK' });
    await door.says(['GET', 'cut'], 'a\ufffd');
  });
  await claim('a deep body is refused and does no harm', async () => {
    const { status, json } = await raw('['.repeat(100_000) + ']'.repeat(100_000));
    assert.equal(status, 400);
    assert.match(json.error, /^ERR /);
  });
  await claim('values come back as they were stored', async () => {
    for (const text of ['545518.8700', '9007199254740993', '{"a": 1.0}', ' x ', '1e400', '']) {
      await door.says(['SET', 'as-is', text], 'OK');
      await door.says(['GET', 'as-is'], text);
    }
  });
}
