import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { untilSo } from './door.mjs';

export default async function flowControl(claim, { door, receiver }) {
  const { url } = receiver;
  const send = (key, value, path, body = 'x', headers = {}) =>
    door.publish(`${url}${path}`, body, { 'upstash-flow-control-key': key, 'upstash-flow-control-value': value, ...headers });
  const show = (key) => door.ok('GET', `/v2/flowControl/${key}`);

  await claim('no more than the parallelism are under way, whatever their URL', async () => {
    let now = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++now);
      await pause(40);
      now -= 1;
      return {};
    };
    receiver.answer('/p1', slow);
    receiver.answer('/p2', slow);
    await Promise.all(Array.from({ length: 8 }, (_, i) => send('par', 'parallelism=2', i % 2 ? '/p1' : '/p2')));
    await untilSo(() => receiver.at('/p1').length + receiver.at('/p2').length === 8, 'all have arrived');
    assert.equal(most, 2);
  });

  await claim('no more than the rate begin in a period', async () => {
    for (let i = 0; i < 5; i += 1) await send('rated', 'rate=2, period=1s', '/rated', String(i));
    await untilSo(() => receiver.at('/rated').length === 5, 'all have arrived');
    const [first, , , , last] = receiver.at('/rated');
    assert.ok(last.at - first.at >= 900, `${last.at - first.at} ms`);
    const bodies = receiver.at('/rated').map((request) => request.body);
    const periods = [bodies.slice(0, 2), bodies.slice(2, 4), bodies.slice(4)].map((each) => each.sort());
    assert.deepEqual(periods, [['0', '1'], ['2', '3'], ['4']]);
  });

  await claim('a key shows its limits, its waiting messages and its state', async () => {
    await send('shown', 'parallelism=2, rate=3, period=60s', '/shown', 'x', { 'upstash-delay': '1h' });
    const flow = await show('shown');
    assert.ok(Number.isInteger(flow.ratePeriodStart) && flow.ratePeriodStart < 10_000_000_000);
    assert.deepEqual({ ...flow, ratePeriodStart: 0 }, {
      flowControlKey: 'shown', waitListSize: flow.waitListSize, parallelismMax: 2, parallelismCount: 0, rateMax: 3, rateCount: 0,
      ratePeriod: 60, ratePeriodStart: 0, isPaused: false, isPinnedParallelism: false, isPinnedRate: false,
    });
    assert.ok((await door.ok('GET', '/v2/flowControl')).some((each) => each.flowControlKey === 'shown'));
    assert.deepEqual((await door.ok('GET', '/v2/flowControl?search=how')).map((each) => each.flowControlKey), ['shown']);
    await door.refused(404, 'flow control not found: nobody', 'GET', '/v2/flowControl/nobody');
    await door.ok('DELETE', '/v2/messages?flowControlKey=shown');
  });

  await claim('a key is paused and goes on', async () => {
    await send('held', 'parallelism=1', '/warm');
    await receiver.next('/warm');
    assert.deepEqual(await door.ok('POST', '/v2/flowControl/held/pause'), {});
    assert.equal((await show('held')).isPaused, true);
    await send('held', 'parallelism=1', '/held-flow');
    await untilSo(async () => (await show('held')).waitListSize === 1, 'it waits');
    assert.equal(receiver.at('/held-flow').length, 0);
    assert.deepEqual(await door.ok('POST', '/v2/flowControl/held/resume'), {});
    await receiver.next('/held-flow');
    assert.equal((await show('held')).isPaused, false);
  });

  await claim('pinned limits hold until they are unpinned and a message brings others', async () => {
    await send('pinned', 'parallelism=1, rate=100, period=10s', '/pin');
    assert.deepEqual(await door.ok('POST', '/v2/flowControl/pinned/pin?parallelism=5&rate=50&period=30'), {});
    const pinned = await show('pinned');
    assert.deepEqual([pinned.parallelismMax, pinned.rateMax, pinned.ratePeriod], [5, 50, 30]);
    assert.deepEqual([pinned.isPinnedParallelism, pinned.isPinnedRate], [true, true]);
    await send('pinned', 'parallelism=2, rate=7, period=1s', '/pin');
    assert.deepEqual([(await show('pinned')).parallelismMax, (await show('pinned')).rateMax], [5, 50]);
    await door.ok('POST', '/v2/flowControl/pinned/unpin?parallelism=true');
    const half = await show('pinned');
    assert.deepEqual([half.isPinnedParallelism, half.isPinnedRate, half.parallelismMax], [false, true, 5]);
    await send('pinned', 'parallelism=3, rate=7', '/pin');
    const after = await show('pinned');
    assert.deepEqual([after.parallelismMax, after.rateMax], [3, 50]);
  });

  await claim('the rate of a key begins anew when it is reset', async () => {
    await send('reset', 'rate=1, period=1h', '/reset');
    await receiver.next('/reset');
    await send('reset', 'rate=1, period=1h', '/reset');
    await untilSo(async () => (await show('reset')).waitListSize === 1, 'the second waits');
    assert.equal((await show('reset')).rateCount, 1);
    await door.ok('POST', '/v2/flowControl/reset/resetRate');
    await receiver.next('/reset');
  });

  await claim('a key may hold slashes, escaped or not', async () => {
    await send('a/b', 'rate=10', '/slash');
    await door.ok('POST', '/v2/flowControl/a/b/pin?rate=4');
    assert.equal((await show('a/b')).rateMax, 4);
    assert.equal((await show('a%2Fb')).rateMax, 4);
  });

  await claim('what is no change of a key is refused', async () => {
    await door.refused(400, /pause/, 'POST', '/v2/flowControl/reset/explode');
    await door.refused(400, /rate/, 'POST', '/v2/flowControl/reset/pin?rate=0');
    await door.refused(404, /not found/, 'POST', '/v2/flowControl/nobody/pause');
    const all = await door.ok('GET', '/v2/globalParallelism');
    assert.ok(all.parallelismMax > 0 && Number.isInteger(all.parallelismCount));
  });
}
