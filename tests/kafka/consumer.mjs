// A consumer in a process of its own: tells each record that it was given on a line, and commits behind it by hand.
//   node consumer.mjs PORT USERNAME PASSWORD GROUP INSTANCE TOPIC
import { Log } from './log.mjs';

const [port, username, password, group, instance, topic] = process.argv.slice(2);
const log = new Log(Number(port), { username, password });
const headers = {
  'kafka-enable-auto-commit': 'false',
  'kafka-auto-offset-reset': 'earliest',
  'kafka-session-timeout-ms': '1000',
};

let leaving = false;
process.on('SIGTERM', () => (leaving = true));

while (!leaving) {
  const records = await log.post(`/consume/${group}/${instance}`, { topic, timeout: 200 }, headers);
  for (const { partition, offset, value } of records) console.log(`${partition} ${offset} ${value}`);
  if (records.length === 0) continue;
  const next = new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
  const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset }));
  const { status } = await log.send({ path: `/commit/${group}/${instance}`, body: JSON.stringify(offsets) });
  if (status !== 200 && status !== 409) throw new Error(`a commit was answered ${status}`); // 409: another has it now
}
await log.send({ method: 'DELETE', path: `/delete-consumer/${group}/${instance}` });
