// run-fuzz.mjs SEED COUNT: generated documents on the schemas of schemas/ and on generated ones, through the engine and
// through graphql-js. A difference is made smaller and written to $MILLRACE_LOGS (or build/), as a case for cases/.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine, one_line } from './engine.mjs';
import { dice, make_data, make_document, make_schema } from './generate.mjs';
import { graphql16 as g, graphql17, judge, makeOracle } from './oracle.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 30));
const count = Number(process.argv[3] ?? 1000);
const differences_max = Number(process.env.MILLRACE_FUZZ_SHOW ?? 10);
const logs = process.env.MILLRACE_LOGS ?? resolve(folder, '../../build');
const documents_per_schema = 50;
const schemas_per_turn = 5; // looked at without documents
console.log(`seed ${seed}, ${count} documents`);

const engine = new Engine();
const totals = { stages: {}, same: 0, message: 0, failed: 0, schemas: 0, later: 0 };

const oracles_of = (sdl) => [makeOracle(g, sdl), makeOracle(graphql17, sdl)];

async function verdict_of(request, oracles) {
  const ours = await engine.ask(request);
  return { ours, ...judge(ours, request, ...oracles) };
}

const is_difference = (verdict) => verdict !== 'same' && verdict !== 'message';

// Leaves out what can be left out while the kind of difference stays.
async function shrink(request, oracles, kind) {
  let best = request;
  const still = async (candidate) => (await verdict_of(candidate, oracles)).verdict === kind;
  for (let round = 0, smaller = true; smaller && round < 50; round++) {
    smaller = false;
    for (const candidate of smaller_than(best)) {
      if (await still(candidate)) {
        best = candidate;
        smaller = true;
        break;
      }
    }
  }
  return best;
}

function* smaller_than(request) {
  for (const key of Object.keys(request.variables ?? {})) {
    const { [key]: _, ...variables } = request.variables;
    yield { ...request, variables };
  }
  let document;
  try {
    document = g.parse(request.query);
  } catch {
    const tokens = request.query.match(/\S+/g) ?? [];
    for (let i = 0; i < tokens.length; i++) yield { ...request, query: tokens.toSpliced?.(i, 1).join(' ') ?? [...tokens.slice(0, i), ...tokens.slice(i + 1)].join(' ') };
    return;
  }
  const lists = [];
  g.visit(document, {
    enter(node) {
      for (const value of Object.values(node)) if (Array.isArray(value) && value.length && value[0]?.kind) lists.push(value);
    },
  });
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      const [taken] = list.splice(i, 1);
      const query = g.print(document);
      list.splice(i, 0, taken);
      if (query.length < request.query.length + 20) yield { ...request, query };
    }
  }
}

async function report(request, oracles, found) {
  totals.failed++;
  if (totals.failed > differences_max) return;
  const smaller = await shrink(request, oracles, found.verdict);
  const { ours, expected, newer, verdict } = await verdict_of(smaller, oracles);
  console.log(`FAILED ${verdict}`);
  console.log(`  query     ${one_line(smaller.query)}`);
  console.log(`  variables ${one_line(smaller.variables)} ${smaller.operationName ?? ''}`);
  console.log(`  ours      ${one_line(ours, 900)}`);
  console.log(`  expected  ${one_line(expected, 900)}`);
  if (newer) console.log(`  version 17 ${one_line(newer, 500)}`);
  const { op, sdl, data, ...rest } = smaller;
  mkdirSync(logs, { recursive: true });
  const path = join(logs, `found-${seed}-${totals.failed}.json`);
  writeFileSync(path, JSON.stringify([{ name: `found by seed ${seed}`, sdl, data, requests: [rest] }], null, 2));
  console.log(`  kept in   ${path}`);
}

async function run_documents(sdl, random, documents) {
  const oracles = oracles_of(sdl);
  const schema = oracles[0].schema;
  const requests = [];
  for (let i = 0; i < documents; i++) {
    if (i % 10 === 0) requests.data = make_data(g, schema, random);
    requests.push({ op: 'exec', sdl, data: requests.data, ...make_document(g, schema, random) });
  }
  const answers = await engine.ask_all(requests);
  for (let i = 0; i < requests.length; i++) {
    const found = judge(answers[i], requests[i], ...oracles);
    totals.stages[answers[i].stage] = (totals.stages[answers[i].stage] ?? 0) + 1;
    if (is_difference(found.verdict)) await report(requests[i], oracles, found);
    else totals[found.verdict]++;
  }
}

// Faults of a schema that the September 2025 edition names and graphql-js 16 does not look for.
function is_stricter_rightly(sdl) {
  try {
    return graphql17.validateSchema(graphql17.buildSchema(sdl)).length > 0;
  } catch {
    return true;
  }
}

// Whether both take a generated schema, and print it alike. The schema, when it can be used.
async function check_schema(sdl) {
  let print;
  try {
    const schema = g.buildSchema(sdl);
    if (!g.validateSchema(schema).length) print = g.printSchema(schema);
  } catch {}
  const ours = await engine.ask({ op: 'schema', sdl });
  totals.schemas++;
  const agree = print === undefined ? ours.stage !== 'ok' : ours.stage === 'ok' && ours.print.trim() === print.trim();
  if (agree || (print !== undefined && ours.stage !== 'ok' && is_stricter_rightly(sdl))) {
    totals.same++;
  } else {
    totals.failed++;
    if (totals.failed <= differences_max) console.log(`FAILED schema\n${sdl}\n  ours ${one_line(ours)}\n  expected ${print}`);
    return false;
  }
  return ours.stage === 'ok';
}

const random = dice(seed);
const fixed = readdirSync(join(folder, 'schemas'))
  .filter((name) => name.endsWith('.graphql'))
  .sort()
  .map((name) => readFileSync(join(folder, 'schemas', name), 'utf8'));
let made = 0;
for (let turn = 0; made < count; turn++) {
  const documents = Math.min(documents_per_schema, count - made);
  if (turn % 8 === 7) {
    const sdl = make_schema(random);
    if (!(await check_schema(sdl))) continue;
    try {
      oracles_of(sdl);
    } catch {
      continue; // one that only the older version takes
    }
    await run_documents(sdl, random, documents);
  } else {
    await run_documents(fixed[turn % fixed.length], random, documents);
  }
  made += documents;
  for (let i = 0; i < schemas_per_turn; i++) await check_schema(make_schema(random));
}
engine.close();
console.log(`stages ${JSON.stringify(totals.stages)}, ${totals.schemas} generated schemas`);
console.log(`${((100 * totals.same) / (totals.same + totals.message)).toFixed(0)} % in the same words`);
console.log(`${totals.same + totals.message} passed, ${totals.failed} failed`);
process.exit(totals.failed ? 1 : 0);
