// Many producers and readers at once: offsets have no gaps, and nobody sees one before all lower ones.
import assert from 'node:assert/strict';

const producers = 16;
const requests = 40; // of each producer
const readers = 8;

export default async function ordering(claim, { log }) {
  await claim(`${producers} producers and ${readers} readers agree on one order of each partition`, async () => {
    const partitions = 3;
    const topic = await log.topic({ partitions });
    const answered = []; // where each value stands
    let done = false;

    const produce = async (producer) => {
      for (let i = 0; i < requests; i += 1) {
        const many = Array.from({ length: 1 + (i % 5) }, (_, at) => ({
          topic,
          value: `${producer}-${i}-${at}`,
          ...(i % 3 === 0 ? { key: String(producer) } : i % 3 === 1 ? { partition: (producer + at) % partitions } : {}),
        }));
        const places = await log.post('/produce', many);
        places.forEach((place, at) => answered.push({ ...place, value: many[at].value }));
      }
    };
    // Reads on from where it is; what it has is always whole up to there.
    const read = async (partition) => {
      const seen = [];
      for (;;) {
        const last = done;
        const records = await log.fetch(topic, partition, seen.length, last ? 0 : 200);
        for (const record of records) {
          assert.equal(record.offset, seen.length, `a gap in partition ${partition}`);
          seen.push(record.value);
        }
        if (last && records.length === 0) return seen;
      }
    };
    const reading = Promise.all(Array.from({ length: readers }, (_, i) => read(i % partitions)));
    await Promise.all(Array.from({ length: producers }, (_, i) => produce(i)));
    done = true;
    const seen = await reading;

    for (let i = partitions; i < readers; i += 1) assert.deepEqual(seen[i], seen[i % partitions]);
    const whole = seen.slice(0, partitions);
    assert.equal(whole.flat().length, answered.length);
    for (const { partition, offset, value } of answered) assert.equal(whole[partition][offset], value);
    for (let producer = 0; producer < producers; producer += 1) {
      const own = answered.filter(({ value }) => value.startsWith(`${producer}-`));
      for (let partition = 0; partition < partitions; partition += 1) {
        const offsets = own.filter((place) => place.partition === partition).map(({ offset }) => offset);
        assert.deepEqual(offsets, [...offsets].sort((a, b) => a - b), 'the order of a producer was changed');
      }
    }
  });
  await claim('an answer is kept by who reads at once from elsewhere', async () => {
    const topic = await log.topic();
    for (let i = 0; i < 50; i += 1) {
      const [{ offset }] = await log.produce(topic, String(i));
      assert.equal((await log.fetch(topic, 0, offset))[0].value, String(i));
    }
  });
}
