// Plays the transcripts beside this file, each with a server of its own, which must serve and stop well afterwards.
// Arguments: parts of the names of those to play.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { claims } from '../claims.mjs';
import { startServer } from '../clients/server.mjs';
import { check } from './expecting.mjs';
import { toBytes } from './sending.mjs';
import { parse } from './transcript.mjs';
import { Wire } from './wire.mjs';

const { claim, close } = claims();

async function play(talk, server, { headers, column, isOneOfMany, found }) {
  let wire;
  let method;
  try {
    for (const step of talk) {
      if (step.kind === 'answer') {
        check(await wire.answer(method), step, { column, isOneOfMany, found });
      } else if (step.kind === 'closed') {
        await wire.closed();
      } else {
        const sent = toBytes(step, headers, found);
        if (wire?.ended) wire = undefined;
        wire ??= await Wire.open(server.http);
        method = sent.method;
        wire.send(sent.bytes);
      }
    }
  } finally {
    wire?.close();
  }
}

async function playFile(name) {
  const topic = name.replace('.transcript', '');
  const transcript = parse(await readFile(join(import.meta.dirname, name), 'utf8'), name);
  const servers = new Map();
  const columns = [];
  for (const { headers, options } of transcript.columns) {
    const all = ['--quiet', ...transcript.options, ...options];
    if (!servers.has(all.join())) servers.set(all.join(), await startServer({ options: all }));
    columns.push({ headers, found: new Map(), server: servers.get(all.join()) });
  }
  for (const { text, line, talk } of transcript.claims) {
    await claim(`${topic}: ${text}`, async () => {
      const expectations = talk.filter(({ kind }) => kind === 'answer' || kind === 'closed');
      assert.ok(expectations.length > 0, `${name}:${line}: nothing is expected`);
      for (const [column, { headers, found, server }] of columns.entries()) {
        await play(talk, server, { headers, column, isOneOfMany: columns.length > 1, found }).catch((error) => {
          throw new Error(`${name}, column ${column + 1}, ${error.message}`);
        });
      }
    });
  }
  await claim(`${topic}: the server still serves, and stops well`, async () => {
    for (const server of servers.values()) {
      const health = await fetch(`${server.url}/health`);
      assert.equal(health.status, 200);
      await health.arrayBuffer();
      await server.stop();
    }
  });
}

const wanted = process.argv.slice(2);
for (const name of (await readdir(import.meta.dirname)).sort()) {
  if (!name.endsWith('.transcript')) continue;
  if (wanted.length === 0 || wanted.some((part) => name.includes(part))) await playFile(name);
}
close();
