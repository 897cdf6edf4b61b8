// The calls of a known application: plain fetch, events in the path, reads as text/plain at /fetch/.
import assert from 'node:assert/strict';

import { basic } from './log.mjs';

export default async function article(claim, { log }) {
  const topic = await log.topic({ first_offset: 1 });
  const produce = async (event) => {
    const answer = await fetch(`${log.url}/produce/${topic}/${JSON.stringify(event)}`, {
      headers: { authorization: basic(log.pair) },
      cache: 'no-store',
    });
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const read = async (offset) => {
    const answer = await fetch(`${log.url}/fetch/`, {
      method: 'POST',
      headers: { authorization: basic(log.pair) },
      body: JSON.stringify({ topic, partition: 0, offset }),
    });
    assert.equal(answer.status, 200);
    return answer.json();
  };

  await claim('a fetch from offset 1 of an empty log is an empty array', async () => {
    assert.deepEqual(await read(1), []);
  });
  await claim('events in the path arrive as they were, in their order, from the first on', async () => {
    const texts = ['milk', 'a b', '100% done', 'a/b', 'ä € 😀', 'plus + plus', 'it\'s', '[x]{y}|z^', 'a&b=c', '%', ''];
    const events = texts.map((text) => ({ type: 'add', data: { id: 1, text } }));
    for (const [index, event] of events.entries()) assert.equal((await produce(event)).offset, index + 1);
    const records = await read(1);
    assert.deepEqual(records.map((record) => JSON.parse(record.value)), events);
    assert.equal(records.at(-1).offset + 1, texts.length + 1);
    assert.deepEqual(await read(records.at(-1).offset + 1), []);
  });
}
