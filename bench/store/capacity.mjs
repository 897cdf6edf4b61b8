// What has no peer: memory of many idle databases, and a database several times larger than the memory allowed.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskUse, makeFolder, removeFolder, residentMemory, run } from '../processes.mjs';
import { program, workFolder } from '../stacks.mjs';
import { startMillrace } from './servers.mjs';

const SETTLE_MS = 2000;
const KEYS_EACH = 3;
const AT_ONCE = 64;
const VALUE_BYTES = 4096;
const MEMORY_GROUPS = '/sys/fs/cgroup/memory';

// A connection that sends commands and awaits their replies, all of which are lines here.
class Connection {
  constructor(port) {
    this.socket = net.connect(port, '127.0.0.1').setNoDelay();
    this.awaited = [];
    this.rest = '';
    this.socket.on('data', (bytes) => this.take(bytes.toString('latin1')));
    this.socket.on('error', (error) => this.awaited.splice(0).forEach(({ reject }) => reject(error)));
  }

  take(text) {
    const lines = (this.rest + text).split('\r\n');
    this.rest = lines.pop();
    for (const line of lines) {
      const { resolve, reject } = this.awaited.shift();
      line.startsWith('-') ? reject(new Error(line)) : resolve(line);
    }
  }

  send(commands) {
    const written = commands.map((parts) => [`*${parts.length}`, ...parts.flatMap((p) => [`$${Buffer.byteLength(p)}`, p])]);
    this.socket.write(written.flat().join('\r\n') + '\r\n');
    return Promise.all(commands.map(() => new Promise((resolve, reject) => this.awaited.push({ resolve, reject }))));
  }

  end() {
    this.socket.destroy();
  }
}

export async function idleDatabases({ databases }, progress) {
  const server = await startMillrace();
  const secret = JSON.parse(fs.readFileSync(path.join(server.data, 'credentials.json'), 'utf8')).admin_secret;
  const before = residentMemory(server.child);
  const create = async (number) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/admin/databases`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ do: 'create', name: `company-${number}` }),
    });
    const made = await answer.json();
    if (!made.secret) throw new Error(`a database could not be made: ${JSON.stringify(made)}`);
    const keys = Array.from({ length: KEYS_EACH }, (_, i) => ['SET', `key${i}`, `value ${i} of ${number}`]);
    const connection = new Connection(server.redisPort);
    await connection.send([['AUTH', made.secret], ...keys]);
    connection.end();
  };
  for (let made = 0; made < databases; ) {
    if (made % 5000 === 0) progress.step(`idle databases: ${made.toLocaleString('en')} of ${databases.toLocaleString('en')}`);
    const count = Math.min(AT_ONCE, databases - made, 5000 - (made % 5000));
    await Promise.all(Array.from({ length: count }, (_, i) => create(made + i)));
    made += count;
  }
  await sleep(SETTLE_MS);
  const memory = residentMemory(server.child);
  const again = await restarted(server);
  await server.end();
  return { databases, keys_each: KEYS_EACH, before, memory, again };
}

// A fresh process on the same data.
async function restarted(server) {
  const copy = makeFolder(workFolder, 'copy');
  fs.cpSync(server.data, path.join(copy, 'data'), { recursive: true, filter: (file) => !/LOCK$|server\.json$/.test(file) });
  const other = await startMillrace({ data: path.join(copy, 'data') });
  await sleep(SETTLE_MS);
  const memory = residentMemory(other.child);
  await other.end();
  removeFolder(copy);
  return memory;
}

// Values of 4 KiB of which the whole is `times` the memory that the process and its page cache may take; then random
// reads, with the rate beside that of a database that fits.
export async function beyondMemory({ limit, times, requests }, progress) {
  const group = path.join(MEMORY_GROUPS, `millrace-bench-${process.pid}`);
  try {
    fs.mkdirSync(group);
    fs.writeFileSync(path.join(group, 'memory.limit_in_bytes'), String(limit * 2 ** 20));
  } catch (error) {
    return { skipped: `no memory group can be made (${error.code}); run as root on a system with cgroups` };
  }
  const enter = ['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh'];
  const server = await startMillrace({ under: enter });
  const values = Math.floor((limit * times * 2 ** 20) / VALUE_BYTES);
  const benchmark = async (test, count, range) => {
    const options = ['-p', server.redisPort, ...server.authorization, '-c', 50, '-P', 16, '-n', count, '-r', range];
    const command = ['-d', VALUE_BYTES, '-t', test, '--csv'];
    const printed = await run('redis-benchmark', [...options, ...command].map(String), { timeoutMs: 3_600_000 });
    return Number(printed.trim().split('\n').at(-1).split(',')[1].replaceAll('"', ''));
  };
  try {
    const small = Math.floor(values / times / 10);
    progress.step('a database that fits in memory');
    await fill(server, 0, small);
    const fits = await benchmark('get', requests, small);
    await fill(server, small, values, (share) => progress.step(`beyond memory: ${Math.round(share * 100)} % written`));
    progress.step('beyond memory: random reads and writes');
    const beyond = { get: await benchmark('get', requests, values), set: await benchmark('set', requests / 4, values) };
    const peak = Number(fs.readFileSync(path.join(group, 'memory.max_usage_in_bytes'), 'utf8')) / 2 ** 20;
    return { limit, times, values, disk_mib: diskUse(server.data) / 2 ** 20, fits, beyond, peak };
  } finally {
    await server.end();
    fs.rmdirSync(group);
  }
}

// Writes the keys that redis-benchmark asks for, each with a value of its own that cannot be compressed away.
async function fill(server, from, to, tell = () => {}) {
  const connection = new Connection(server.redisPort);
  await connection.send([['AUTH', server.authorization[1]]]);
  const digits = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';
  const text = Array.from({ length: 2 ** 20 }, () => digits[Math.floor(Math.random() * 64)]).join('');
  const slice = 1000;
  for (let next = from; next < to; next += slice) {
    if ((next - from) % Math.ceil((to - from) / 10 / slice / 1) < slice && next % (slice * 100) === 0) tell(next / to);
    const commands = [];
    for (let i = next; i < Math.min(to, next + slice); ++i) {
      const at = Math.floor(Math.random() * (text.length - VALUE_BYTES));
      commands.push(['SET', `key:${String(i).padStart(12, '0')}`, text.slice(at, at + VALUE_BYTES)]);
    }
    await connection.send(commands);
  }
  connection.end();
}
