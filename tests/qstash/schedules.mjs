import assert from 'node:assert/strict';

import { startServer } from '../clients/server.mjs';
import { Door } from './door.mjs';
import { startReceiver } from './receiver.mjs';

export default async function schedules(claim, { door, receiver }) {
  const { url } = receiver;
  const create = (path, headers, body) =>
    door.ok('POST', `/v2/schedules/${url}${path}`, { headers: { 'content-type': 'application/json', ...headers }, body });

  await claim('a schedule is made, shown with all that was said, listed and deleted', async () => {
    const { scheduleId } = await create(
      '/tick',
      {
        'upstash-cron': ' CRON_TZ=Europe/Berlin 0 2 * * * ',
        'upstash-schedule-id': 'nightly',
        'upstash-method': 'PUT',
        'upstash-retries': '2',
        'upstash-delay': '10s',
        'upstash-timeout': '30s',
        'upstash-callback': `${url}/cb`,
        'upstash-failure-callback': `${url}/fcb`,
        'upstash-forward-x-api-KEY': 'k',
        'upstash-queue-name': 'mail',
        'upstash-label': 'l1,l2',
        'upstash-flow-control-key': 'k',
        'upstash-flow-control-value': 'parallelism=2, rate=3, period=1m',
        'upstash-retry-delay': '1000',
      },
      '{"a":1}',
    );
    assert.equal(scheduleId, 'nightly');
    const schedule = await door.ok('GET', '/v2/schedules/nightly');
    assert.ok(schedule.createdAt <= Date.now() && schedule.nextScheduleTime > Date.now());
    const berlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' });
    assert.equal(berlin.format(schedule.nextScheduleTime), '02:00');
    delete schedule.createdAt;
    delete schedule.nextScheduleTime;
    assert.deepEqual(schedule, {
      scheduleId: 'nightly',
      destination: `${url}/tick`,
      cron: 'CRON_TZ=Europe/Berlin 0 2 * * *',
      method: 'PUT',
      retries: 2,
      isPaused: false,
      header: { 'Content-Type': ['application/json'], 'X-Api-Key': ['k'] },
      body: '{"a":1}',
      delay: 10,
      callback: `${url}/cb`,
      failureCallback: `${url}/fcb`,
      queueName: 'mail',
      timeout: 30,
      callerIP: '127.0.0.1',
      callerIp: '127.0.0.1',
      label: 'l1',
      labels: ['l1', 'l2'],
      flowControlKey: 'k',
      parallelism: 2,
      rate: 3,
      period: 60,
      retryDelayExpression: '1000',
    });
    assert.deepEqual((await door.ok('GET', '/v2/schedules')).map((each) => each.scheduleId), ['nightly']);
  });

  await claim('the same id replaces the whole schedule, its body too, but not its birth', async () => {
    const before = await door.ok('GET', '/v2/schedules/nightly');
    await create('/tock', { 'upstash-cron': '*/5 * * * *', 'upstash-schedule-id': 'nightly' });
    const after = await door.ok('GET', '/v2/schedules/nightly');
    assert.deepEqual([after.createdAt, after.body, after.delay, after.retries], [before.createdAt, undefined, undefined, 3]);
    assert.deepEqual([after.destination, after.cron], [`${url}/tock`, '*/5 * * * *']);
  });

  await claim('it is paused and resumed by either method, as often as one likes', async () => {
    for (const method of ['PATCH', 'POST', 'PATCH']) {
      assert.deepEqual(await door.ok(method, '/v2/schedules/nightly/pause'), {});
      assert.equal((await door.ok('GET', '/v2/schedules/nightly')).isPaused, true);
    }
    for (const method of ['POST', 'PATCH']) {
      assert.deepEqual(await door.ok(method, '/v2/schedules/nightly/resume'), {});
      assert.equal((await door.ok('GET', '/v2/schedules/nightly')).isPaused, false);
    }
  });

  await claim('it can go to a group', async () => {
    await door.ok('POST', '/v2/topics/ticks/endpoints', { body: { endpoints: [{ url: `${url}/t` }] } });
    const { scheduleId } = await door.ok('POST', '/v2/schedules/ticks', { headers: { 'upstash-cron': '@daily' } });
    assert.match(scheduleId, /^scd_/);
    const schedule = await door.ok('GET', `/v2/schedules/${scheduleId}`);
    assert.deepEqual([schedule.destination, schedule.cron, schedule.header], ['ticks', '@daily', {}]);
    await door.ok('DELETE', `/v2/schedules/${scheduleId}`);
    await door.ok('DELETE', '/v2/topics/ticks');
  });

  await claim('bad schedules are refused, and name what is wrong', async () => {
    const wrong = (text, headers) =>
      door.refused(400, text, 'POST', `/v2/schedules/${url}/x`, { headers });
    await wrong(/Upstash-Cron is missing/, {});
    await wrong('invalid cron: minute: 61 is above 59', { 'upstash-cron': '61 * * * *' });
    await wrong(/^invalid cron: time zone/, { 'upstash-cron': 'CRON_TZ=Mars/Base * * * * *' });
    await wrong(/Upstash-Schedule-Id/, { 'upstash-cron': '@daily', 'upstash-schedule-id': 'a/b' });
    await door.refused(400, /^invalid destination url/, 'POST', '/v2/schedules/nobody', { headers: { 'upstash-cron': '@daily' } });
    await door.refused(404, 'schedule not found: nobody', 'GET', '/v2/schedules/nobody');
    await door.refused(404, 'schedule not found: nobody', 'PATCH', '/v2/schedules/nobody/pause');
    assert.deepEqual(await door.ok('DELETE', '/v2/schedules/nightly'), {});
    await door.refused(404, 'schedule not found: nightly', 'DELETE', '/v2/schedules/nightly');
    assert.deepEqual(await door.ok('GET', '/v2/schedules'), []);
  });
}

// Waits for a whole minute, so it runs beside the others, with a server of its own.
export async function tick(token) {
  const server = await startServer({ options: ['--quiet'] });
  const receiver = await startReceiver();
  const door = new Door(server.url, token);
  const { url } = receiver;
  const begun = Date.now();
  const { scheduleId } = await door.ok('POST', `/v2/schedules/${url}/minute`, {
    headers: { 'content-type': 'text/plain', 'upstash-cron': '* * * * *', 'upstash-forward-x': '1' },
    body: 'tick',
  });
  const arrived = await receiver.next('/minute', 70_000);
  assert.deepEqual([arrived.body, arrived.headers.x, arrived.headers['upstash-schedule-id']], ['tick', '1', scheduleId]);
  const due = Math.ceil(begun / 60_000) * 60_000;
  assert.ok(arrived.at >= due - 10 && arrived.at < due + 5000, `${arrived.at - due} ms late`);
  const schedule = await door.ok('GET', `/v2/schedules/${scheduleId}`);
  assert.ok(schedule.lastScheduleTime >= due - 1000 && schedule.nextScheduleTime > schedule.lastScheduleTime);
  const states = Object.values(schedule.lastScheduleStates);
  assert.ok(states.length === 1 && ['IN_PROGRESS', 'SUCCESS'].includes(states[0]), JSON.stringify(states));
  const { events } = await door.ok('GET', `/v2/events?scheduleId=${scheduleId}`);
  assert.ok(events.length >= 1);
  await receiver.close();
  await server.stop();
}
