// Runs the program as a person at a terminal would.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { freePorts, graphql, program } from '../clients/server.mjs';

const patience = process.env.MILLRACE_SANITIZED ? 60_000 : 20_000; // ms for a command

// Starts a command. `exit` gives { code, out, err }; a command that takes too long is killed and has code null.
export function spawnProgram(words, { environment = {}, cwd, uid } = {}) {
  const child = spawn(program, words, {
    cwd,
    uid,
    gid: uid,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MILLRACE_REDIS: '127.0.0.1:0', ...environment }, // not every claim names a port for it
  });
  process.once('exit', () => child.kill('SIGKILL')); // a failed claim may not have stopped it
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (texts.err += text));
  const exit = new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, ...texts }));
  });
  return { child, exit, texts };
}

export async function run(words, options) {
  const { child, exit } = spawnProgram(words, options);
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  const outcome = await exit;
  clearTimeout(timer);
  return outcome;
}

// The command ends by itself, not with 0, and says why in one line that matches every pattern.
export async function refuses(words, patterns, options) {
  const { code, signal, out, err } = await run(words, options);
  assert.equal(signal, null, `it went on: ${out}`);
  assert.notEqual(code, 0, out);
  assert.equal(err.trimEnd().split('\n').length, 1, `more than one line:\n${err}`);
  assert.match(err, /^millrace: /);
  for (const pattern of patterns) assert.match(err, pattern);
  return err;
}

// Starts a server with exactly these words, and waits until it serves at `port`.
export async function launch(words, port, options) {
  const { child, exit, texts } = spawnProgram(words, options);
  const server = {
    url: `http://127.0.0.1:${port}`,
    child,
    exit,
    texts,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const { code, err } = await exit;
      assert.equal(code, 0, err);
    },
  };
  let ended;
  exit.then((outcome) => (ended = outcome), () => undefined);
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await fetch(`${server.url}/health`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return server;
    if (ended || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`no server at ${server.url}: ${JSON.stringify(ended)}`);
    }
    await pause(10);
  }
}

export async function inFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-startup-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const freePort = async () => (await freePorts(1))[0];

// Until `condition` gives something true, which is returned.
export async function eventually(condition, what) {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await pause(20);
  }
}

export async function createTask(server, text) {
  const { body } = await graphql(server, 'mutation($text: String!) { createTask(text: $text) { id } }', { text });
  assert.equal(body.errors, undefined, JSON.stringify(body));
  return body.data.createTask.id;
}

export async function listTexts(server) {
  const { body } = await graphql(server, '{ list { text } }');
  assert.equal(body.errors, undefined, JSON.stringify(body));
  return body.data.list.map(({ text }) => text);
}
