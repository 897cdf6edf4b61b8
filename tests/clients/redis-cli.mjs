// redis-cli, as people and their scripts use it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';

// { code, out, err } of a program that was given `input`.
export function tool(name, words, input = '') {
  const child = spawn(name, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL')); // a failed claim may not have seen its end
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (texts.err += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code, ...texts }));
  });
}

const bulk = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const command = (...words) => `*${words.length}\r\n${words.map(bulk).join('')}`;
const lines = (text) => text.split('\n').filter(Boolean);

export default async function redisCli(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  const name = (text, check) => claim(`redis-cli: ${text}`, check);
  const cli = async (words, input) => {
    const outcome = await tool('redis-cli', ['-p', server.redis, '-a', token, '--no-auth-warning', ...words], input);
    assert.equal(outcome.code, 0, outcome.err + outcome.out);
    return outcome.out;
  };
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));

  await name('commands as words and as lines', async () => {
    await cli(['flushdb']);
    assert.equal(await cli(['set', 'greeting', 'größer 你好']), 'OK\n');
    assert.equal(await cli(['get', 'greeting']), 'größer 你好\n');
    assert.equal(await cli([], 'incr hits\nincr hits\nget hits\n'), '1\n2\n2\n');
    assert.equal(await cli(['-x', 'set', 'piped'], 'from\0stdin'), 'OK\n');
    assert.equal(await cli(['--no-raw', 'get', 'piped']), '"from\\x00stdin"\n');
    assert.equal(await cli(['-r', '3', 'incr', 'thrice']), '1\n2\n3\n');
    assert.equal(await cli(['-n', '0', 'ping']), 'PONG\n');
  });
  await name('an error is told, with -e by the exit code', async () => {
    assert.equal(await cli(['lpush', 'greeting', 'x']), 'WRONGTYPE Operation against a key holding the wrong kind of value\n\n');
    const { code, err } = await tool('redis-cli', ['-p', server.redis, '-a', token, '--no-auth-warning', '-e', 'incr', 'greeting']);
    assert.equal(code, 1);
    assert.match(err, /ERR value is not an integer/);
  });
  await name('a URL names the secret', async () => {
    const outcome = await tool('redis-cli', ['-u', `redis://default:${token}@127.0.0.1:${server.redis}/0`, '--no-auth-warning', 'acl', 'whoami']);
    assert.equal(outcome.out, 'default\n');
    const refused = await tool('redis-cli', ['-p', server.redis, '-a', 'wrong', '--no-auth-warning', 'get', 'greeting']);
    assert.match(refused.err + refused.out, /WRONGPASS.*NOAUTH|NOAUTH/s);
  });
  await name('fifty thousand commands by --pipe, each counted, errors too', async () => {
    const all = Array.from({ length: 50_000 }, (_, i) => command('SET', `pipe:${i}`, `value ${i}`)).join('');
    const out = await cli(['--pipe'], all);
    assert.match(out, /errors: 0, replies: 50000/);
    assert.equal(await cli(['get', 'pipe:49999']), 'value 49999\n');
    const refused = await tool('redis-cli', ['-p', server.redis, '-a', token, '--no-auth-warning', '--pipe'], command('SET', 'a', '1') + command('LPUSH', 'a', '1') + command('INCR', 'a'));
    assert.match(refused.out, /errors: 1, replies: 3/);
    assert.equal(await cli(['get', 'a']), '2\n');
  });
  await name('--scan with a pattern lists each key once', async () => {
    const found = lines(await cli(['--scan', '--pattern', 'pipe:*7']));
    assert.equal(found.length, 5000);
    assert.equal(new Set(found).size, 5000);
    assert.equal(lines(await cli(['--scan'])).length, Number(await cli(['dbsize'])));
  });
  await name('--eval takes keys and arguments', async () => {
    const script = join(folder, 'script.lua');
    await writeFile(script, "redis.call('SET', KEYS[1], ARGV[1])\nreturn {KEYS[1], ARGV[1], ARGV[2], #KEYS, #ARGV}\n");
    assert.equal(await cli(['--eval', script, 'by-eval', ',', 'one', 'two']), 'by-eval\none\ntwo\n1\n2\n');
    assert.equal(await cli(['get', 'by-eval']), 'one\n');
    await writeFile(script, 'return redis.call(\n');
    const broken = await tool('redis-cli', ['-p', server.redis, '-a', token, '--no-auth-warning', '--eval', script]);
    assert.match(broken.out + broken.err, /Error compiling script/);
  });
  await name('the largest keys', async () => {
    await cli(['rpush', 'long', ...Array.from({ length: 300 }, (_, i) => `${i}`)]);
    await cli(['zadd', 'ranked', '1', 'a', '2', 'b']);
    await cli(['xadd', 'flow', '*', 'a', 'b']);
    const out = await cli(['--bigkeys']);
    assert.match(out, /Biggest +list found '"long"' has 300 items/);
    assert.match(out, /Biggest +zset found '"ranked"' has 2 members/);
    assert.match(out, /Biggest stream found '"flow"' has 1 entries/);
    assert.match(await cli(['--memkeys']), /Biggest +list found '"long"' has \d+ bytes/);
  });
  await name('answers as CSV and JSON, and those of RESP3', async () => {
    await cli(['hset', 'person', 'name', 'ana "the" first', 'age', '30']);
    assert.equal(await cli(['--csv', 'lrange', 'long', '0', '2']), '"0","1","2"\n');
    assert.equal(await cli(['--csv', 'hmget', 'person', 'name', 'age']), '"ana \\"the\\" first","30"\n');
    assert.deepEqual(JSON.parse(await cli(['--json', 'hgetall', 'person'])), { name: 'ana "the" first', age: '30' });
    assert.deepEqual(JSON.parse(await cli(['--json', 'zrange', 'ranked', '0', '-1', 'withscores'])), [['a', 1], ['b', 2]]);
    assert.equal(await cli(['-3', '--no-raw', 'hgetall', 'person']), '1# "age" => "30"\n2# "name" => "ana \\"the\\" first"\n');
    assert.equal(await cli(['-3', '--no-raw', 'zscore', 'ranked', 'b']), '(double) 2\n');
  });
  await name('a transaction, and what others say of the server', async () => {
    assert.equal(await cli([], 'multi\nset t 1\nincr t\nexec\n'), 'OK\nQUEUED\nQUEUED\nOK\n2\n');
    assert.match(await cli(['info', 'server']), /redis_version:/);
    assert.match(await cli(['command', 'docs', 'get']), /summary/);
    assert.match(await cli(['client', 'list']), /cmd=client\|list/);
    assert.match(await cli(['memory', 'usage', 'long']), /^\d+\n$/);
  });
  await name('it waits for what is pushed, and hears what is published', async () => {
    const waiting = cli(['blpop', 'later', '20']);
    while (!/cmd=blpop/.test(await cli(['client', 'list']))) await new Promise((done) => setTimeout(done, 5));
    await cli(['rpush', 'later', 'came']);
    assert.equal(await waiting, 'later\ncame\n');
  });
  await rm(folder, { recursive: true, force: true });
  await claim('the server ends well after redis-cli', () => server.stop());
}
