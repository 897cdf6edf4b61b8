// Runs cases/*.json: each a list of {name, sdl, data, requests: [{query, variables, operationName, expect?}]}. What a
// request must give is `expect` where that is written, else what graphql-js gives. A case without requests is about its
// schema: whether it is valid, and how it prints; `expect` is then "valid" or "invalid".
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine, one_line } from './engine.mjs';
import { compare, graphql16, graphql17, judge, makeOracle } from './oracle.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'cases');
const engine = new Engine();
let passed = 0;
let failed = 0;
let same_words = 0;

function report(name, verdict, request, ours, expected, newer) {
  if (verdict === 'same' || verdict === 'message') {
    passed++;
    if (verdict === 'same') same_words++;
    return;
  }
  failed++;
  console.log(`FAILED ${name}: ${verdict}`);
  console.log(`  request   ${one_line(request)}`);
  console.log(`  ours      ${one_line(ours)}`);
  console.log(`  expected  ${one_line(expected)}`);
  if (newer) console.log(`  version 17 ${one_line(newer)}`);
}

// Only what `expect` names is compared.
function meets(ours, expect) {
  for (const [key, value] of Object.entries(expect)) {
    if (key === 'codes') {
      const codes = (ours.errors ?? []).map((error) => error.extensions?.code);
      if (JSON.stringify(codes) !== JSON.stringify(value)) return 'codes';
    } else if (key === 'errors') {
      const verdict = compare({ ...ours, data: undefined }, { stage: ours.stage, errors: value });
      if (verdict !== 'same' && verdict !== 'message') return verdict;
    } else if (JSON.stringify(ours[key]) !== JSON.stringify(value)) {
      return key;
    }
  }
  return 'same';
}

async function run_schema_case(one) {
  const ours = await engine.ask({ op: 'schema', sdl: one.sdl });
  let print;
  try {
    print = graphql16.printSchema(makeOracle(graphql16, one.sdl).schema);
  } catch {}
  const expected = one.expect ?? (print === undefined ? 'invalid' : 'valid');
  const verdict = (ours.stage === 'ok' ? 'valid' : 'invalid') !== expected ? 'stage' : 'same';
  const prints = expected === 'invalid' || print === undefined || ours.print?.trim() === print.trim();
  report(one.name, verdict === 'same' && !prints ? 'print' : verdict, { sdl: one.sdl }, ours, { expected, print });
}

async function run_case(one) {
  if (!one.requests) return run_schema_case(one);
  const requests = one.requests.map((request) => ({ op: 'exec', sdl: one.sdl, data: one.data ?? {}, ...request }));
  const answers = await engine.ask_all(requests.map(({ expect, name, ...request }) => request));
  const needs_oracle = requests.some(({ expect }) => !expect);
  const oracles = needs_oracle ? [makeOracle(graphql16, one.sdl), makeOracle(graphql17, one.sdl)] : [];
  requests.forEach((request, i) => {
    const name = `${one.name} #${i + 1}${request.name ? ` (${request.name})` : ''}`;
    const ours = answers[i];
    if (request.expect) return report(name, meets(ours, request.expect), request, ours, request.expect);
    const { verdict, expected, newer } = judge(ours, request, ...oracles);
    report(name, verdict, request, ours, expected, newer);
  });
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
  const cases = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  for (const one of Array.isArray(cases) ? cases : [cases]) {
    try {
      await run_case({ ...one, name: `${file}: ${one.name}` });
    } catch (error) {
      failed++;
      console.log(`FAILED ${file}: ${one.name}: ${error.message}`);
    }
  }
}
engine.close();
console.log(`cases: ${((100 * same_words) / Math.max(1, passed)).toFixed(0)} % in the same words`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
