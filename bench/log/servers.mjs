// The logs that are compared, each on an empty folder and free ports of the loopback interface. `open` makes the log that
// a load writes to and gives the generator's options for it.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { answers } from '../http.mjs';
import { freePort, makeFolder, ready, removeFolder, run, start, stop } from '../processes.mjs';
import { program, workFolder } from '../stacks.mjs';

let made = 0;

export async function startMillrace() {
  const folder = makeFolder(workFolder, 'millrace');
  const data = path.join(folder, 'data');
  const [port, redisPort] = [await freePort(), await freePort()];
  const places = ['--http', `127.0.0.1:${port}`, '--redis', `127.0.0.1:${redisPort}`, '--data', data];
  const child = start(program, ['dev', ...places, '--quiet'], { log: path.join(folder, 'log') });
  await ready(child, () => answers(port, '/health'), 5);
  const secrets = JSON.parse(fs.readFileSync(path.join(data, 'credentials.json'), 'utf8'));
  const pair = `${secrets.kafka_username}:${secrets.kafka_password}`;
  const open = async (settings = {}) => {
    const name = `log-${(made += 1)}`;
    const answer = await fetch(`http://127.0.0.1:${port}/admin/topics`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secrets.admin_secret}` },
      body: JSON.stringify({ do: 'create', name, ...settings }),
    });
    if (answer.status !== 200) throw new Error(`the topic was not made: ${await answer.text()}`);
    return { protocol: 'http', port, log: name, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  };
  return { child, open, end: end(child, folder) };
}

// Syncs its file before it answers a write.
export async function startRedis() {
  const folder = makeFolder(workFolder, 'redis');
  const port = await freePort();
  const options = [
    ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--maxclients', 15_000],
    ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0'],
  ];
  const child = start('redis-server', options.flat().map(String), { log: path.join(folder, 'log') });
  const pong = () => run('redis-cli', ['-p', String(port), 'ping']).then((answer) => answer.trim() === 'PONG', () => false);
  await ready(child, pong, 20);
  return { child, open: () => ({ protocol: 'redis', port, log: `log-${(made += 1)}` }), end: end(child, folder) };
}

// File storage. What it answers stands in the system's cache: 2.9 has no setting that syncs before, it syncs every two
// minutes. With `synced` its folder is marked so that each of its writes returns when it is on the disk.
export async function startNats({ synced = false } = {}) {
  const folder = makeFolder(workFolder, 'nats');
  if (synced) await run('chattr', ['+S', folder]);
  const port = await freePort();
  const settings = path.join(folder, 'nats.conf');
  fs.writeFileSync(
    settings,
    `listen: "127.0.0.1:${port}"\nmax_connections: 15000\n` +
      `jetstream { store_dir: "${folder}/data", max_memory_store: 64MB, max_file_store: 20GB }\n`,
  );
  const child = start('nats-server', ['-c', settings], { log: path.join(folder, 'log') });
  const ask = (subject, question) => askNats(port, subject, question);
  await ready(child, () => ask('$JS.API.INFO', '').then((answer) => !answer.error, () => false), 20);
  const open = async () => {
    const name = `log-${(made += 1)}`;
    const stream = { name, subjects: [name], storage: 'file', retention: 'limits', num_replicas: 1, max_msgs: -1, max_bytes: -1 };
    const consumer = { durable_name: 'tail', deliver_subject: `tail-${made}`, ack_policy: 'none', deliver_policy: 'new' };
    for (const [subject, question] of [
      [`$JS.API.STREAM.CREATE.${name}`, stream],
      [`$JS.API.CONSUMER.DURABLE.CREATE.${name}.tail`, { stream_name: name, config: consumer }],
    ]) {
      const answer = await ask(subject, JSON.stringify(question));
      if (answer.error) throw new Error(`nats-server refused ${subject}: ${JSON.stringify(answer.error)}`);
    }
    return { protocol: 'nats', port, log: name, delivery: consumer.deliver_subject };
  };
  return { child, open, end: end(child, folder) };
}

const end = (child, folder) => async () => {
  await stop(child);
  removeFolder(folder);
};

// One request over NATS, and its answer.
function askNats(port, subject, text) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let heard = '';
    socket.setTimeout(5000, () => socket.destroy(new Error('nats-server does not answer')));
    socket.on('error', reject);
    socket.on('data', (piece) => {
      heard += piece;
      const [, head, size] = /(MSG answer 1 (\d+)\r\n)/.exec(heard) ?? [];
      if (!head) return;
      const from = heard.indexOf(head) + head.length;
      if (heard.length < from + Number(size)) return;
      socket.destroy();
      resolve(JSON.parse(heard.slice(from, from + Number(size))));
    });
    socket.write(`CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB ${subject} answer ${Buffer.byteLength(text)}\r\n${text}\r\n`);
  });
}
