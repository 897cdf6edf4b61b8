// BullMQ: queues, workers and events, with ioredis underneath. Each job's work is done once, whatever happens to it.
import assert from 'node:assert/strict';

import { DelayedError, FlowProducer, Job, Queue, QueueEvents, UnrecoverableError, Worker } from 'bullmq';

import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';

const eventually = async (check) => {
  for (;;) {
    const value = await check();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 10));
  }
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A queue of its own with its events, and workers made for it; all are closed at the end.
async function inQueue(connection, name, use) {
  const queue = new Queue(name, { connection });
  queue.setMaxListeners(1000); // one for each job that is waited for
  const events = new QueueEvents(name, { connection });
  const workers = [];
  await events.waitUntilReady();
  const work = (process, options = {}) => {
    const worker = new Worker(name, process, { connection, ...options });
    worker.on('error', () => undefined);
    workers.push(worker);
    return worker;
  };
  try {
    await use({ queue, events, work });
  } finally {
    for (const worker of workers) await worker.close(true);
    await events.close();
    await queue.close();
  }
}

const numbers = (count) => Array.from({ length: count }, (_, i) => i);

export default async function bullmq(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  const connection = { host: '127.0.0.1', port: server.redis, password: token };
  let made = 0;
  const flow = (text, use) => claim(`BullMQ: ${text}`, () => inQueue(connection, `queue-${++made}`, use));

  await flow('three hundred jobs, four workers, each job done once and its result told', async ({ queue, events, work }) => {
    const done = [];
    const told = new Map();
    events.on('completed', ({ jobId, returnvalue }) => told.set(jobId, returnvalue));
    for (let i = 0; i < 4; ++i) {
      work(async (job) => {
        done.push(job.data.number);
        await job.updateProgress(50);
        await job.log('half of it');
        return { twice: job.data.number * 2 };
      }, { concurrency: 5 });
    }
    const jobs = await queue.addBulk(numbers(300).map((number) => ({ name: 'double', data: { number } })));
    const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
    assert.deepEqual(results, numbers(300).map((number) => ({ twice: number * 2 })));
    assert.deepEqual(done.sort((a, b) => a - b), numbers(300));
    await eventually(() => told.size === 300);
    const counts = await queue.getJobCounts();
    assert.deepEqual([counts.completed, counts.waiting, counts.active, counts.failed], [300, 0, 0, 0]);
    const { logs, count } = await queue.getJobLogs(jobs[0].id);
    assert.deepEqual([logs, count], [['half of it'], 1]);
  });
  await flow('a delayed job waits for its time', async ({ queue, events, work }) => {
    const started = Date.now();
    work(async () => Date.now() - started);
    const late = await queue.add('late', {}, { delay: 400 });
    const soon = await queue.add('soon', {});
    assert.equal(await late.getState(), 'delayed');
    assert.ok((await soon.waitUntilFinished(events)) < 400);
    assert.ok((await late.waitUntilFinished(events)) >= 400);
  });
  await flow('a job that fails is tried again with pauses, then it has failed', async ({ queue, events, work }) => {
    const tries = [];
    work(async (job) => {
      tries.push([job.name, job.attemptsMade, Date.now()]);
      if (job.name === 'hopeless') throw new UnrecoverableError('never');
      if (job.attemptsMade < job.data.failures) throw new Error(`failure ${job.attemptsMade}`);
      return 'at last';
    });
    const backoff = { type: 'exponential', delay: 60 };
    const good = await queue.add('good', { failures: 2 }, { attempts: 3, backoff });
    assert.equal(await good.waitUntilFinished(events), 'at last');
    const times = tries.map(([, , at]) => at);
    assert.ok(times[1] - times[0] >= 60 && times[2] - times[1] >= 120, String(times));
    const bad = await queue.add('bad', { failures: 9 }, { attempts: 2, backoff: { type: 'fixed', delay: 10 } });
    await assert.rejects(bad.waitUntilFinished(events), /failure 1/);
    const hopeless = await queue.add('hopeless', {}, { attempts: 5 });
    await assert.rejects(hopeless.waitUntilFinished(events), /never/);
    assert.equal(tries.filter(([name]) => name === 'hopeless').length, 1);
    const failed = await queue.getFailed();
    assert.deepEqual(failed.map(({ name }) => name).sort(), ['bad', 'hopeless']);
    assert.equal((await Job.fromId(queue, bad.id)).stacktrace.length, 2);
    await (await Job.fromId(queue, bad.id)).remove();
    assert.equal(await queue.getFailedCount(), 1);
  });
  await flow('the more important job comes first, then the earlier one', async ({ queue, events, work }) => {
    await queue.pause();
    const add = (name, priority) => queue.add(name, {}, priority ? { priority } : {});
    const jobs = [await add('c', 10), await add('b', 2), await add('d', 10), await add('a')];
    jobs.push(await queue.add('first of all', {}, { lifo: true }));
    assert.deepEqual(await queue.getCountsPerPriority([0, 2, 10]), { 0: 2, 2: 1, 10: 2 });
    const order = [];
    work(async (job) => void order.push(job.name));
    await queue.resume();
    await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
    assert.deepEqual(order, ['first of all', 'a', 'b', 'c', 'd']);
  });
  await flow('a paused queue rests until it is resumed', async ({ queue, events, work }) => {
    work(async () => 'done');
    await queue.pause();
    assert.equal(await queue.isPaused(), true);
    const job = await queue.add('rests', {});
    await pause(150);
    assert.notEqual(await job.getState(), 'completed');
    await queue.resume();
    assert.equal(await job.waitUntilFinished(events), 'done');
  });
  await flow('a scheduler repeats its job, until it is taken away', async ({ queue, work }) => {
    const seen = [];
    work(async (job) => void seen.push(job.data.what));
    await queue.upsertJobScheduler('tick', { every: 120 }, { name: 'tick', data: { what: 'tick' } });
    await eventually(() => seen.length >= 3);
    const [scheduler] = await queue.getJobSchedulers();
    assert.deepEqual([scheduler.key, Number(scheduler.every)], ['tick', 120]);
    assert.equal(await queue.removeJobScheduler('tick'), true);
    await eventually(async () => (await queue.getActiveCount()) === 0);
    const so_far = seen.length;
    await pause(300);
    assert.equal(seen.length, so_far);
    await queue.upsertJobScheduler('limited', { every: 60, limit: 2 }, { name: 'limited', data: { what: 'limited' } });
    await eventually(() => seen.filter((what) => what === 'limited').length === 2);
    await pause(200);
    assert.equal(seen.filter((what) => what === 'limited').length, 2);
  });
  await flow('parents wait for their children and read what they made', async ({ queue, events, work }) => {
    const order = [];
    work(async (job) => {
      order.push(job.name);
      if (job.name !== 'meal') return `cooked ${job.name}`;
      return Object.values(await job.getChildrenValues()).sort();
    });
    const flows = new FlowProducer({ connection });
    const children = ['rice', 'beans', 'sauce'].map((name) => ({ name, queueName: queue.name }));
    const { job } = await flows.add({ name: 'meal', queueName: queue.name, children });
    assert.deepEqual(await job.waitUntilFinished(events), ['cooked beans', 'cooked rice', 'cooked sauce']);
    assert.equal(order.at(-1), 'meal');
    assert.equal(order.length, 4);
    assert.equal((await job.getDependenciesCount()).processed, 3);
    await flows.close();
  });
  await flow('a child that fails can take its parent with it', async ({ queue, events, work }) => {
    work(async (job) => {
      if (job.name === 'child') throw new Error('spoilt');
    });
    const flows = new FlowProducer({ connection });
    const child = { name: 'child', queueName: queue.name, opts: { failParentOnFailure: true } };
    const { job } = await flows.add({ name: 'parent', queueName: queue.name, children: [child] });
    await assert.rejects(job.waitUntilFinished(events), /child .* failed/);
    await flows.close();
  });
  await flow('a rate limit holds', async ({ queue, events, work }) => {
    const times = [];
    work(async () => void times.push(Date.now()), { limiter: { max: 2, duration: 300 }, concurrency: 10 });
    const jobs = await queue.addBulk(numbers(6).map((number) => ({ name: 'limited', data: { number } })));
    await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
    assert.equal(times.length, 6);
    assert.ok(times[5] - times[0] >= 550, String(times));
  });
  await flow('the job of a worker that died is done by another', async ({ queue, events, work }) => {
    const lost = work(async () => new Promise(() => undefined), { lockDuration: 300, skipLockRenewal: true, skipStalledCheck: true });
    const job = await queue.add('stalls', {});
    await eventually(async () => (await job.getState()) === 'active');
    await lost.disconnect();
    const stalled = new Promise((done) => events.on('stalled', ({ jobId }) => done(jobId)));
    const done = [];
    work(async () => void done.push('by another'), { stalledInterval: 100, lockDuration: 1000 });
    await job.waitUntilFinished(events);
    assert.equal(await stalled, job.id);
    assert.deepEqual(done, ['by another']);
  });
  await flow('a job is put off by its worker, with its own token', async ({ queue, events, work }) => {
    const steps = [];
    work(async (job, jobToken) => {
      steps.push(job.data.step);
      if (job.data.step === 1) {
        await job.updateData({ step: 2 });
        await job.moveToDelayed(Date.now() + 100, jobToken);
        throw new DelayedError();
      }
      return 'both';
    });
    const job = await queue.add('steps', { step: 1 });
    assert.equal(await job.waitUntilFinished(events), 'both');
    assert.deepEqual(steps, [1, 2]);
  });
  await flow('a job of the same name is taken once', async ({ queue, events, work }) => {
    const options = { deduplication: { id: 'same' } };
    await queue.pause();
    const jobs = [await queue.add('one', {}, options), await queue.add('two', {}, options)];
    assert.equal(jobs[0].id, jobs[1].id);
    const named = [await queue.add('named', { n: 1 }, { jobId: 'my-own' }), await queue.add('named', { n: 2 }, { jobId: 'my-own' })];
    assert.deepEqual(named.map(({ id }) => id), ['my-own', 'my-own']);
    const seen = [];
    work(async (job) => void seen.push([job.name, job.data.n]));
    await queue.resume();
    await named[0].waitUntilFinished(events);
    await eventually(async () => (await queue.getCompletedCount()) === 2);
    assert.deepEqual(seen, [['one', undefined], ['named', 1]]);
  });
  await flow('finished jobs are removed as asked, and a queue is cleaned, drained and obliterated', async ({ queue, work }) => {
    work(async () => undefined);
    await queue.addBulk(numbers(20).map(() => ({ name: 'gone', data: {}, opts: { removeOnComplete: 5 } })));
    await eventually(async () => (await queue.getJobCountByTypes('waiting', 'active', 'prioritized')) === 0);
    assert.equal(await queue.getCompletedCount(), 5);
    assert.equal((await queue.clean(0, 100, 'completed')).length, 5);
    await queue.pause();
    await queue.addBulk(numbers(10).map(() => ({ name: 'drained', data: {} })));
    await queue.drain();
    assert.equal(await queue.count(), 0);
    await queue.obliterate({ force: true });
    assert.equal(await queue.getCompletedCount(), 0);
  });
  await claim('the server ends well after BullMQ', () => server.stop());
}
