// Rounds of load over the REST door of the log, sudden end and new start. Each acknowledged record stands at the offset
// that was answered; of a request under way there are all records or none; offsets have no gaps; what is sent again
// under its key happens once; committed offsets stay.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { startServer, temporaryFolder } from '../clients/server.mjs';
import { openLog } from '../kafka/log.mjs';

const clients = 8;
const partitions = 3;
const settings = [{ partitions }, { partitions: 1, first_offset: 1 }];

const placeOf = ({ topic, partition, offset }) => `${topic} ${partition} ${offset}`;

// The connection ended, or there was none: whether the request happened is not known.
const isGone = (error) => error.code !== undefined && error.code !== 'ERR_ASSERTION';

class Producer {
  count = 0;
  answers = 0;

  constructor(name, dice, topics, records) {
    Object.assign(this, { name, dice, topics, records });
    this.doubtful = []; // of this round: requests without an answer
    this.committed = -1; // by this one's own group, in a partition that takes its commits
    this.committing = undefined;
  }

  // A request, and what it appends in the order of its answer.
  choose() {
    const value = () => `${this.name}-${(this.count += 1)}`;
    const kind = this.dice.between(0, 3);
    const headers = this.dice.chance(0.3) ? { 'idempotency-key': `${this.name}-request-${this.count}` } : {};
    if (kind === 0) {
      const record = { topic: this.topics[0], value: value() };
      return { path: `/produce/${record.topic}/${record.value}`, headers, records: [record], answer: (json) => [json] };
    }
    const size = kind === 1 ? 1 : this.dice.between(2, 30);
    const records = Array.from({ length: size }, () => {
      const record = { topic: this.dice.pick(this.topics), value: value() };
      return this.dice.chance(0.5) ? { ...record, key: String(this.dice.between(0, 20)) } : record;
    });
    return { path: '/produce', body: JSON.stringify(records), headers, records, answer: (json) => json };
  }

  acknowledge(request, json) {
    const places = request.answer(json);
    assert.equal(places.length, request.records.length);
    places.forEach((place, at) => {
      assert.equal(place.topic, request.records[at].topic);
      const known = this.records.get(placeOf(place));
      assert.ok(known === undefined || known === request.records[at].value, `${placeOf(place)} was answered twice`);
      this.records.set(placeOf(place), request.records[at].value);
    });
  }

  async commit(log) {
    this.committing = this.committed + 1;
    const body = JSON.stringify({ topic: this.topics[1], partition: 0, offset: this.committing });
    const { status, text } = await log.send({ path: `/commit/${this.name}/i`, body });
    assert.equal(status, 200, text);
    this.committed = this.committing;
  }

  // Sends requests until the server goes.
  async produce(log) {
    let request;
    try {
      for (;;) {
        request = undefined;
        if (this.dice.chance(0.1)) await this.commit(log);
        request = this.choose();
        const { status, json, text } = await log.send(request);
        assert.equal(status, 200, text);
        this.acknowledge(request, json);
        this.answers += 1;
      }
    } catch (error) {
      if (!isGone(error)) throw error;
      if (request) this.doubtful.push(request);
    }
  }

  async checkCommit(log) {
    const [{ offset }] = await log.post(`/committed/${this.name}/i`, { topic: this.topics[1], partition: 0 });
    assert.ok(offset === this.committed || offset === this.committing, `${this.name} committed ${this.committed}, and ${offset} is there`);
    this.committed = offset;
  }
}

// Everything that the log holds, by place; throws at a gap.
async function readAll(log, topics) {
  const found = new Map();
  for (const [at, topic] of topics.entries()) {
    for (let partition = 0; partition < settings[at].partitions; partition += 1) {
      let offset = settings[at].first_offset ?? 0;
      for (;;) {
        const records = await log.fetch(topic, partition, offset);
        if (records.length === 0) break;
        for (const record of records) {
          assert.equal(record.offset, offset, `a gap in partition ${partition} of ${topic}`);
          found.set(placeOf(record), record.value);
          offset += 1;
        }
      }
    }
  }
  return found;
}

export async function logRounds(claim, dice, rounds) {
  const data = await temporaryFolder();
  const topics = [];
  const records = new Map(); // what was acknowledged, by place
  const producers = [];
  let [running, failed] = [undefined, false];

  async function start(environment) {
    running = await startServer({ data, environment, options: ['--quiet'] });
    const log = await openLog(running);
    while (topics.length < settings.length) topics.push(await log.topic(settings[topics.length]));
    while (producers.length < clients) producers.push(new Producer(`producer-${producers.length}`, dice, topics, records));
    return log;
  }

  // Compares what is there with what was acknowledged and what was under way.
  async function check(log) {
    const found = await readAll(log, topics);
    for (const [place, value] of records) assert.equal(found.get(place), value, `${place} was acknowledged`);
    const others = new Set([...found].filter(([place]) => !records.has(place)).map(([, value]) => value));
    assert.equal(others.size, found.size - records.size, 'a record stands there twice');
    for (const { records: sent } of producers.flatMap((producer) => producer.doubtful)) {
      const there = sent.filter(({ value }) => others.delete(value)).length;
      assert.ok(there === 0 || there === sent.length, `${there} of ${sent.length} records of one request are there`);
    }
    assert.deepEqual([...others].slice(0, 5), [], 'records that nobody sent');
    return found;
  }

  // What was under way is sent again, twice where it has a key.
  async function repeat(log) {
    for (const producer of producers) {
      await producer.checkCommit(log);
      for (const request of producer.doubtful.filter(({ headers }) => headers['idempotency-key'])) {
        const { json } = await log.send(request);
        assert.deepEqual((await log.send(request)).json, json, 'another answer to a request with a key');
        producer.acknowledge(request, json);
      }
      producer.doubtful = [];
    }
    const values = [...(await readAll(log, topics))];
    assert.equal(new Set(values.map(([, value]) => value)).size, values.length, 'a request with a key happened twice');
    for (const [place, value] of values) records.set(place, value);
  }

  async function play(environment) {
    const log = await start(environment);
    const server = running;
    const before = producers.reduce((sum, { answers }) => sum + answers, 0);
    const ended = pause(dice.between(200, 700)).then(() => server.kill('SIGKILL'));
    await Promise.all([...producers.map((producer) => producer.produce(log)), ended]);
    const answers = producers.reduce((sum, producer) => sum + producer.answers, 0) - before;
    assert.ok(answers > 0, `nothing was answered in this round:\n${server.output()}`);
    const again = await start(environment);
    await check(again);
    await repeat(again);
    await running.stop();
    console.log(`   ${answers} answers, ${records.size} records`);
  }

  for (const [what, environment] of [['kill', {}], ['power loss', { MILLRACE_TEST_HOLD_UNSYNCED: 'true' }]]) {
    for (let round = 1; round <= rounds; ++round) {
      await claim(`log: ${what} ${round} of ${rounds} under load leaves each record where it was answered`, async () => {
        assert.ok(!failed, `not tried: an earlier round failed; its data is in ${data}`);
        failed = true;
        try {
          await play(environment);
          failed = false;
        } finally {
          if (failed) await running?.kill('SIGKILL');
        }
      });
    }
  }
  if (!failed) await rm(data, { recursive: true, force: true });
}
