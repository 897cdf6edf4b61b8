// Pipelines and transactions.
import assert from 'node:assert/strict';
import { check, unavailable } from './door.mjs';

const discarded = 'EXECABORT Transaction discarded because of previous errors.';
const notAnInteger = 'ERR value is not an integer or out of range';

export default async function batches(claim, { door }) {
  const refused = async (path, body, error) => {
    const { status, json } = await door.send({ method: 'POST', path, body });
    check(json, error);
    assert.equal(status, 400);
  };

  await claim('a pipeline runs in order, and a failing item stops nothing', async () => {
    assert.deepEqual(await door.pipeline(['SET', 'n', 'abc'], ['INCR', 'n'], ['GET', 'n']), [
      { result: 'OK' },
      { error: notAnInteger },
      { result: 'abc' },
    ]);
  });
  await claim('a pipeline of one is an array of one', async () => {
    assert.deepEqual(await door.pipeline(['get', 'n']), [{ result: 'abc' }]);
  });
  await claim('items that are no commands fail by themselves', async () => {
    assert.deepEqual(await door.pipeline(['GET', 'n'], [], ['NOPE'], ['GET'], ['SET', 'n', null], ['GET', 'n']), [
      { result: 'abc' },
      { error: 'ERR empty pipeline command' },
      { error: unavailable('NOPE') },
      { error: "ERR wrong number of arguments for 'get' command" },
      { error: 'ERR unsupported arg type: %!q(<nil>): <nil>' },
      { result: 'abc' },
    ]);
  });
  await claim('bodies that are no pipeline are refused', async () => {
    for (const body of ['', '{}', '["GET","n"]', '[["GET","n"],1]', '[["GET","n"]', '[null]', 'x']) {
      await refused('/pipeline', body, 'ERR failed to parse pipeline request');
    }
    await refused('/pipeline', '[]', 'ERR empty pipeline request');
  });
  await claim('a long pipeline is answered item by item', async () => {
    const items = await door.pipeline(...Array.from({ length: 5000 }, (_, i) => ['SET', `many:${i}`, i]));
    assert.equal(items.length, 5000);
    assert.ok(items.every(({ result }) => result === 'OK'));
    const read = await door.pipeline(...Array.from({ length: 5000 }, (_, i) => ['GET', `many:${i}`]));
    assert.deepEqual(read, Array.from({ length: 5000 }, (_, i) => ({ result: String(i) })));
  });
  await claim('an endless pipeline is refused', async () => {
    const body = JSON.stringify(Array.from({ length: 100_001 }, () => ['PING']));
    await refused('/pipeline', body, 'ERR max pipeline size exceeded. Limit: 100000 commands');
  });
  await claim('concurrent pipelines lose nothing', async () => {
    const bump = () => door.pipeline(['INCR', 'c'], ['INCR', 'c'], ['INCR', 'c']);
    const all = (await Promise.all(Array.from({ length: 50 }, bump))).flat().map(({ result }) => result);
    assert.deepEqual(all.sort((a, b) => a - b), Array.from({ length: 150 }, (_, i) => i + 1));
  });
  await claim('a transaction answers each command', async () => {
    const { status, json } = await door.post('/multi-exec', [['SET', 'k', 'v'], ['GET', 'k'], ['DEL', 'k']]);
    assert.equal(status, 200);
    assert.deepEqual(json, [{ result: 'OK' }, { result: 'v' }, { result: 1 }]);
  });
  await claim('an error at run time is an item, and the rest counts', async () => {
    const { status, json } = await door.post('/multi-exec', [['SET', 's', 'x'], ['INCR', 's'], ['SET', 't', 'y']]);
    assert.equal(status, 200);
    assert.deepEqual(json, [{ result: 'OK' }, { error: notAnInteger }, { result: 'OK' }]);
    await door.says(['MGET', 's', 't'], ['x', 'y']);
  });
  await claim('a command that cannot start discards the transaction', async () => {
    for (const wrong of [['SET', 'k'], ['NOPE'], ['WATCH', 'k'], ['MULTI'], ['SUBSCRIBE', 'c'], ['BLPOP', 'l', 0]]) {
      await refused('/multi-exec', JSON.stringify([['SET', 'discarded', '1'], wrong, ['GET', 'k']]), discarded);
    }
    await door.says(['EXISTS', 'discarded'], 0);
  });
  await claim('bodies that are no transaction are refused', async () => {
    for (const body of ['', '{}', '["GET","n"]', '[["GET","n"],1]', 'x']) {
      await refused('/multi-exec', body, 'ERR failed to parse transaction request');
    }
    await refused('/multi-exec', '[]', /^ERR /);
    await refused('/multi-exec', '[["SET","discarded","1"],[]]', /^(ERR|EXECABORT) /);
    await refused('/multi-exec', '[["SET","discarded",null]]', /^ERR unsupported arg type/);
    await door.says(['EXISTS', 'discarded'], 0);
  });
  await claim('nobody sees half of a transaction', async () => {
    await door.says(['MSET', 'left', '0', 'right', '0'], 'OK');
    const writes = Array.from({ length: 40 }, (_, i) =>
      door.post('/multi-exec', [['SET', 'left', i], ['INCR', 'between'], ['SET', 'right', i]]),
    );
    const reads = Array.from({ length: 40 }, () => door.command('MGET', 'left', 'right'));
    const sent = await Promise.all([...writes, ...reads]);
    for (const { result } of sent.slice(40)) assert.equal(result[0], result[1]);
    const counts = sent.slice(0, 40).map(({ json }) => json[1].result);
    assert.deepEqual(counts.sort((a, b) => a - b), Array.from({ length: 40 }, (_, i) => i + 1));
  });
}
