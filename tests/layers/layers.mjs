import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { claims } from '../claims.mjs';
import { offences, readRules } from './rules.mjs';

const root = join(import.meta.dirname, '../..');
const markdown = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
const rules = readRules(markdown);
const sources = readdirSync(join(root, 'src'), { recursive: true }).filter((path) => /\.(h|cc)$/.test(path));

const { claim, close } = claims();
const offence = (path, include) => offences(rules, path, `#pragma once\n#include ${include}\n`);

await claim('an include up the layers is an offence, with its line', () => {
  assert.deepEqual(offence('base/ids.h', '"kv/engine.h"'), ['base/ids.h:2: base may not include kv']);
});
await claim('an include down the layers is none', () => {
  assert.deepEqual(offence('app/compile.cc', '"graphql/schema/schema.h"'), []);
});
await claim('what a layer hides stays hidden from the one above, except in tests', () => {
  assert.equal(offence('front/graphql_routes.cc', '"kv/engine.h"').length, 1);
  assert.equal(offence('app/runner_test.cc', '"kv/engine.h"').length, 0);
});
await claim('a backend is named by the wiring and by tests only', () => {
  assert.equal(offence('eventlog/event_log.cc', '"kv/rocksdb/engine.h"').length, 1);
  assert.equal(offence('server/wiring.cc', '"kv/rocksdb/engine.h"').length, 0);
  assert.equal(offence('store/store_test.cc', '"kv/memory/engine.h"').length, 0);
});
await claim('a library stays in its home', () => {
  assert.equal(offence('store/store.cc', '<rocksdb/db.h>').length, 1);
  assert.equal(offence('kv/rocksdb/engine.cc', '<rocksdb/db.h>').length, 0);
  assert.equal(offence('net/http.h', '<gtest/gtest.h>').length, 1);
});
await claim('a library without a home is an offence', () => {
  assert.equal(offence('net/http.cc', '<uv.h>').length, 1);
  assert.equal(offence('net/http.cc', '<sys/socket.h>').length, 0);
});
await claim('a relative include is an offence', () => {
  assert.equal(offence('net/http.cc', '"http.h"').length, 1);
});

await claim('the table names every folder of src, and only those', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual([...rules.layers.keys()].sort(), folders.map((entry) => entry.name).sort());
});
await claim('no layer includes itself through another', () => {
  const order = [...rules.layers.keys()];
  for (const [folder, allowed] of rules.layers) {
    for (const each of allowed) assert.ok(order.indexOf(each) < order.indexOf(folder), `${folder} stands above ${each}`);
  }
});
await claim(`all ${sources.length} sources keep to the layers`, () => {
  const found = sources.flatMap((path) => offences(rules, path, readFileSync(join(root, 'src', path), 'utf8')));
  assert.deepEqual(found, [], found.join('\n'));
});

close();
