// The engine's answer to the standard introspection query, read back by graphql-js, must print as the schema does; and
// its own print of the schema must be graphql-js's.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine, one_line } from './engine.mjs';
import { graphql16 as g } from './oracle.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const engine = new Engine();
let passed = 0;
let failed = 0;

const query = g.getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});

function check(name, ok, detail) {
  if (ok) return passed++;
  failed++;
  console.log(`FAILED ${name}\n  ${detail}`);
}

const sorted_print = (schema) => g.printSchema(g.lexicographicSortSchema(schema));

// Types by name, everything in them in order.
const members = (schema) =>
  Object.fromEntries(
    Object.keys(schema.getTypeMap())
      .sort()
      .map((name) => [name, g.printType(schema.getType(name))]),
  );

export async function check_schema(name, sdl) {
  const schema = g.buildSchema(sdl);
  const ours = await engine.ask({ op: 'exec', sdl, data: {}, query });
  check(`${name}: introspection runs`, ours.stage === 'execute' && !ours.errors, one_line(ours, 600));
  if (ours.stage !== 'execute') return;
  const client = g.buildClientSchema(ours.data);
  check(`${name}: introspection reads back`, sorted_print(client) === sorted_print(schema), sorted_print(client));
  const [a, b] = [members(client), members(schema)];
  const different = Object.keys({ ...a, ...b }).filter((type) => a[type] !== b[type]);
  check(`${name}: members stand in order`, different.length === 0, different.map((t) => `${a[t]}\n---\n${b[t]}`).join('\n'));
  const printed = await engine.ask({ op: 'schema', sdl });
  check(`${name}: prints`, printed.print?.trim() === g.printSchema(schema).trim(), one_line(printed.print));
}

const sources = readdirSync(join(folder, 'schemas'))
  .filter((name) => name.endsWith('.graphql'))
  .map((name) => [name, readFileSync(join(folder, 'schemas', name), 'utf8')]);
for (const file of readdirSync(join(folder, 'cases')).filter((name) => name.endsWith('.json'))) {
  for (const one of [JSON.parse(readFileSync(join(folder, 'cases', file), 'utf8'))].flat()) {
    if (one.requests && one.sdl) sources.push([`${file}: ${one.name}`, one.sdl]);
  }
}
const seen = new Set();
for (const [name, sdl] of sources) {
  if (seen.has(sdl)) continue;
  seen.add(sdl);
  try {
    g.assertValidSchema(g.buildSchema(sdl));
  } catch {
    continue; // a case about something else
  }
  await check_schema(name, sdl);
}
engine.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
