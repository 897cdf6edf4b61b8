// Consumers of a group in processes of their own that join, leave and are killed while records are produced. Every
// record is delivered at least once, in each delivery run none is skipped, and committed offsets never go back.
//
// MILLRACE_SEED repeats the choices of a run (not its timing).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';

import { makeDice, seed } from '../crash/dice.mjs';

const partitions = 5;
const consumersMax = 4;
const steps = 12;

export default async function rebalancing(claim, { log }) {
  await claim(`a group loses no record and no commit while its members change (seed ${seed})`, async () => {
    const dice = makeDice(seed);
    const topic = await log.topic({ partitions });
    const group = `changing-${process.pid}`;
    const delivered = new Map(); // "partition offset" to the value and how often
    const places = []; // of what was produced
    const members = new Set();
    let named = 0;
    let producing = true;

    const join_ = () => {
      const name = `member-${(named += 1)}`;
      const { username, password } = log.pair;
      const child = spawn(process.execPath, [
        join(import.meta.dirname, 'consumer.mjs'), log.port, username, password, group, name, topic,
      ], { stdio: ['ignore', 'pipe', 'inherit'] });
      const member = { name, child, ended: once(child, 'close') };
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (piece) => {
        const lines = (text + piece).split('\n');
        text = lines.pop();
        for (const line of lines) {
          const [partition, offset, value] = line.split(' ');
          const place = `${partition} ${offset}`;
          const known = delivered.get(place);
          if (known) assert.equal(known.value, value, `two values at ${place}`);
          delivered.set(place, { value, times: (known?.times ?? 0) + 1 });
        }
      });
      members.add(member);
    };
    const end = async (member, signal) => {
      members.delete(member);
      member.child.kill(signal);
      await member.ended;
    };

    const produce = (async () => {
      for (let i = 0; producing; i += 1) {
        const many = Array.from({ length: dice.between(1, 20) }, (_, at) => ({
          topic,
          value: `${i}-${at}`,
          partition: (i + at) % partitions,
        }));
        const answer = await log.post('/produce', many);
        answer.forEach(({ partition, offset }, at) => places.push({ place: `${partition} ${offset}`, value: many[at].value }));
        await pause(2);
      }
    })();
    const committed = async () =>
      (await log.post(`/committed/${group}/any`, Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))))
        .map(({ offset }) => offset);
    let highest = await committed();
    const look = async () => {
      const now = await committed();
      now.forEach((offset, partition) =>
        assert.ok(offset >= highest[partition], `the commit of partition ${partition} went back from ${highest[partition]} to ${offset}`));
      highest = now;
    };
    const looking = (async () => {
      while (producing) {
        await look();
        await pause(10);
      }
    })();

    try {
      join_();
      for (let step = 0; step < steps; step += 1) {
        await pause(dice.between(50, 600));
        const action = dice.between(0, 3);
        if (members.size === 0 || (action <= 1 && members.size < consumersMax)) join_();
        else await end(dice.pick([...members]), action === 2 ? 'SIGTERM' : 'SIGKILL');
      }
      if (members.size === 0) join_();
    } finally {
      producing = false;
      await Promise.all([produce, looking]);
    }
    const deadline = Date.now() + 30_000;
    while (delivered.size < places.length && Date.now() < deadline) await pause(50);
    await look();
    for (const member of [...members]) await end(member, 'SIGTERM');

    const missing = places.filter(({ place, value }) => delivered.get(place)?.value !== value);
    assert.deepEqual(missing.slice(0, 10), [], `${missing.length} of ${places.length} were never delivered`);
    const repeats = [...delivered.values()].filter(({ times }) => times > 1).length;
    console.log(`   ${places.length} records, ${named} members, ${repeats} records delivered again`);
  });
}
