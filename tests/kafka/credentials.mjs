// Who may do what.
import assert from 'node:assert/strict';

export default async function credentials(claim, { log }) {
  const topic = await log.topic();
  const make = (name, topics, permissions) =>
    log.admin('credentials', { do: 'create', name, topics, permissions });

  await claim('without the right pair it is 401, which names the scheme', async () => {
    for (const pair of [undefined, { username: log.pair.username, password: 'x' }, { username: 'x', password: log.pair.password }]) {
      for (const path of ['/topics', '/consumers', `/produce/${topic}/x`]) {
        const { headers } = await log.as(pair).fails({ path }, 401);
        assert.equal(headers['www-authenticate'], 'Basic realm="kafka"');
      }
    }
    await log.as(undefined).fails({ path: '/topics', headers: { authorization: `Bearer ${log.pair.password}` } }, 401);
    const { username, password } = log.pair;
    await log.as(undefined).fails({ path: `/topics?user=${username}&pass=${password}` }, 401);
  });
  await claim('at a webhook the header wins over the query', async () => {
    const { username, password } = log.pair;
    const path = `/webhook?topic=${topic}&user=${username}&pass=${encodeURIComponent(password)}`;
    assert.equal((await log.as(undefined).send({ path, body: 'x' })).status, 200);
    await log.as({ username, password: 'x' }).fails({ path, body: 'x' }, 401);
    await log.as(undefined).fails({ path: `/webhook?topic=${topic}&user=${username}&pass=x`, body: 'x' }, 401);
  });
  await claim('a producer produces to its topics and reads nothing', async () => {
    const made = await make('phone', `${topic.slice(0, -1)}*`, 'PRODUCE');
    const phone = log.as(made);
    assert.equal((await phone.send({ path: `/produce/${topic}/x` })).status, 200);
    await phone.fails({ path: '/produce', body: JSON.stringify([{ topic, value: 'v' }, { topic: 'other', value: 'v' }]) }, 403);
    for (const what of [
      { path: '/fetch', body: JSON.stringify({ topic }) },
      { path: `/consume/g/i/${topic}` },
      { path: '/commit/g/i', body: '' , method: 'POST' },
      { path: '/commit/g/i', body: JSON.stringify({ topic, partition: 0, offset: 0 }) },
      { path: '/committed/g/i', body: JSON.stringify({ topic, partition: 0 }) },
      { path: '/offsets/latest', body: JSON.stringify({ topic, partition: 0 }) },
      { path: '/delete-consumer/g/i', method: 'DELETE' },
      { path: `/records/${topic}?key=k` },
      { path: `/follow/${topic}` },
      { path: '/checkpoints/c' },
    ]) {
      await phone.fails(what, 403);
    }
    assert.ok(Object.keys(await phone.topics()).every((name) => name.startsWith(topic.slice(0, -1))));
    await log.admin('credentials', { do: 'delete', name: 'phone' });
    await phone.fails({ path: `/produce/${topic}/x` }, 401);
  });
  await claim('a consumer reads its topic and writes nothing', async () => {
    const worker = log.as(await make('worker', topic, 'CONSUME'));
    assert.ok((await worker.fetch(topic)).length > 0);
    await worker.fails({ path: `/produce/${topic}/x` }, 403);
    await worker.fails({ path: `/webhook?topic=${topic}`, body: 'x' }, 403);
    await worker.fails({ path: '/fetch', body: JSON.stringify({ topic: 'other' }) }, 403);
    assert.deepEqual(Object.keys(await worker.topics()), [topic]);
    await log.admin('credentials', { do: 'delete', name: 'worker' });
  });
  await claim('many logins at once are all right', async () => {
    const made = await make('busy', '*', 'ALL');
    const busy = log.as(made);
    const answers = await Promise.all(Array.from({ length: 50 }, () => busy.send({ path: '/topics' })));
    assert.ok(answers.every(({ status }) => status === 200 || status === 429));
    assert.equal((await busy.send({ path: '/topics' })).status, 200);
    await log.admin('credentials', { do: 'delete', name: 'busy' });
  });
}
