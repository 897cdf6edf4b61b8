// Messages that travel in the path, as they come over the wire.
import assert from 'node:assert/strict';

import { basic, raw } from './log.mjs';

export default async function targets(claim, { log }) {
  const topic = await log.topic();
  const last = async (offset) => (await log.fetch(topic, 0, offset))[0];

  // The value that is stored for a target's rest behind the topic, sent as it is.
  async function stored(rest, tail = '') {
    const text = await raw(
      log.port,
      `GET /kafka/produce/${topic}/${rest} HTTP/1.1\r\nHost: h\r\nAuthorization: ${basic(log.pair)}\r\nConnection: close\r\n${tail}\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 200 /, text.slice(0, 300));
    const at = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
    return last(at.offset);
  }

  const forms = [
    ['hello%20world', 'hello world'],
    ['a+b', 'a+b'],
    ['a/b//c/../d/./e', 'a/b//c/../d/./e'],
    ['ends/', 'ends/'],
    ['/', '/'],
    ['%22100%%20done%22', '"100% done"'],
    ['%zz%4', '%zz%4'],
    ['%2525', '%25'],
    ['{"raw":"a|b^c[d]`\\\\<>"}', '{"raw":"a|b^c[d]`\\\\<>"}'],
    ['%7B%22type%22:%22add%22,%22data%22:%7B%22text%22:%22a%20b%22%7D%7D', '{"type":"add","data":{"text":"a b"}}'],
    ['%C3%A4%E2%82%AC', 'ä€'],
    [Buffer.from('ä€').toString('latin1'), 'ä€'],
    ['%ff', '\ufffd'],
    ['a&b=c;d', 'a&b=c;d'],
    ['x#y', 'x#y'],
  ];
  for (const [rest, value] of forms) {
    await claim(`${rest.slice(0, 40)} is stored as ${value}`, async () => {
      assert.equal((await stored(rest)).value, value);
    });
  }
  await claim('the query has the key, where a plus is a space', async () => {
    const record = await stored('v?key=customer+1%2B');
    assert.equal(record.value, 'v');
    assert.equal(record.key, 'customer 1+');
    assert.equal((await stored('v?other=1')).key, '');
  });
  await claim('the answer is one object', async () => {
    const { json } = await log.send({ path: `/produce/${topic}/v` });
    assert.deepEqual(Object.keys(json), ['topic', 'partition', 'offset', 'timestamp']);
  });
  await claim('POST may carry the message in its path too', async () => {
    const { json } = await log.send({ method: 'POST', path: `/produce/${topic}/posted`, body: '' });
    assert.equal((await last(json.offset)).value, 'posted');
  });
  await claim('a target of 64 KiB is taken, one without measure is refused', async () => {
    const long = 'x'.repeat(64 * 1024);
    assert.equal((await stored(long)).value, long);
    const text = await raw(
      log.port,
      `GET /kafka/produce/${topic}/${'y'.repeat(300_000)} HTTP/1.1\r\nHost: h\r\n\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 414 /);
    assert.equal(JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)).status, 414);
  });
  await claim('a path without a message needs a body', async () => {
    await log.fails({ path: `/produce/${topic}` }, 400);
    await log.fails({ path: `/produce/${topic}/` }, 400);
  });
}
