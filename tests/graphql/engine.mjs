// The engine under test: the harness program, asked line by line.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const block_size = 500; // so many requests are on their way at once

function program() {
  const build = process.env.MILLRACE_BUILD ?? join(root, 'build/release');
  const path = join(resolve(build), 'graphql_harness');
  if (!existsSync(path)) throw new Error(`there is no ${path}: build the target graphql_harness`);
  return path;
}

export class Engine {
  constructor() {
    this.process = spawn(program(), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout });
    this.waiting = [];
    this.lines.on('line', (line) => this.waiting.shift()?.resolve(JSON.parse(line)));
    this.process.on('exit', (code, signal) => {
      for (const { reject } of this.waiting) reject(new Error(`the harness ended (${signal ?? code})`));
    });
  }

  // One answer.
  ask(request) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.process.stdin.write(JSON.stringify(request) + '\n');
    });
  }

  // The answers, in order.
  async ask_all(requests) {
    const answers = [];
    for (let at = 0; at < requests.length; at += block_size) {
      answers.push(...(await Promise.all(requests.slice(at, at + block_size).map((request) => this.ask(request)))));
    }
    return answers;
  }

  close() {
    this.process.stdin.end();
  }
}

export const one_line = (value, most = 2000) => {
  const text = JSON.stringify(value);
  return text.length > most ? text.slice(0, most) + '…' : text;
};
