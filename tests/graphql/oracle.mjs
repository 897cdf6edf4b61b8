// What graphql-js makes of a request, in the form in which the harness answers, and how two answers compare.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
export const graphql16 = require('graphql');
export const graphql17 = require('graphql17');

const sortKeys = (value) =>
  Array.isArray(value)
    ? value.map(sortKeys)
    : value && typeof value === 'object'
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sortKeys(value[key])]))
      : value;

// Items that fail, at any depth of lists.
const with_failures = (value) =>
  Array.isArray(value)
    ? value.map((item) => (typeof item?.$error === 'string' ? new Error(item.$error) : with_failures(item)))
    : value;

function resolveField(source, args, _context, info) {
  const value = source?.[info.fieldName];
  if (value?.$echo !== undefined) return JSON.stringify(sortKeys(args));
  if (typeof value?.$error === 'string') {
    throw new graphql16.GraphQLError(value.$error, value.$code ? { extensions: { code: value.$code } } : {});
  }
  return with_failures(value);
}

const plain = (errors) => errors.map((error) => error.toJSON());

// The answers of graphql-js `g` for one schema. Building the schema may throw.
export function makeOracle(g, sdl) {
  const schema = g.buildSchema(sdl);
  const faults = g.validateSchema(schema);
  if (faults.length) throw faults[0];
  const execute = ({ query, variables, operationName, data }) => {
    let document;
    try {
      document = g.parse(query, { allowEmptySelectionSets: false });
    } catch (error) {
      return { stage: 'parse', errors: [error.toJSON()] };
    }
    const invalid = g.validate(schema, document);
    if (invalid.length) return { stage: 'validate', errors: plain(invalid) };
    const result = g.execute({
      schema,
      document,
      rootValue: data,
      variableValues: variables,
      operationName,
      fieldResolver: resolveField,
      typeResolver: (value) => value.$type,
    });
    return { stage: 'data' in result ? 'execute' : 'request', ...JSON.parse(JSON.stringify(result)) };
  };
  return { schema, execute };
}

const positions = (answer) =>
  JSON.stringify((answer.errors ?? []).map((error) => JSON.stringify([error.path, error.locations])).sort());
const messages = (answer) => JSON.stringify((answer.errors ?? []).map((error) => error.message).sort());

// The first kind of difference: stage, data, errors or message; or 'same'. Keys of data stand in order.
export function compare(a, b) {
  if (a.stage !== b.stage) return 'stage';
  if (JSON.stringify(a.data) !== JSON.stringify(b.data)) return 'data';
  if (positions(a) !== positions(b)) return 'errors';
  return messages(a) === messages(b) ? 'same' : 'message';
}

// ---- Where graphql-js is known to deviate from the September 2025 edition

// Version 16 is behind; by the words of 17, which follows the edition there.
const newer_rules = [
  /operation is not supported by the schema/, // Operation Type Existence
  /must not use `?@(skip|include)|`?@(skip|include)`? directives? (is|are) not/i, // Single Root Field
  /Expected value of non-null type "Boolean!"/, // arguments of introspection fields are non-null
];

// Both miss a nullable variable in a @oneOf object that is itself non-null or stands for a list; ours says it so.
const one_of_rule = /must be non-null to be the one field of/;

// A location of directives that only the working draft has.
const without_drafts = (answer) =>
  answer.stage === 'execute' && answer.data?.__schema
    ? JSON.parse(JSON.stringify(answer).replaceAll(',"DIRECTIVE_DEFINITION"', ''))
    : answer;

const is_equal = (verdict) => verdict === 'same' || verdict === 'message';

// Whether ours is what is expected and nothing but that rule's errors besides.
function is_one_of_deviation(ours, expected) {
  if (ours.stage !== 'validate' || expected.stage === 'parse') return false;
  const missing = expected.stage === 'validate' ? expected.errors.map((error) => JSON.stringify(error.locations)) : [];
  const surplus = [];
  for (const error of [...ours.errors].sort((a, b) => one_of_rule.test(a.message) - one_of_rule.test(b.message))) {
    const at = missing.indexOf(JSON.stringify(error.locations));
    if (at >= 0) missing.splice(at, 1);
    else surplus.push(error);
  }
  return missing.length === 0 && surplus.length > 0 && surplus.every((error) => one_of_rule.test(error.message));
}

// 'same' or 'message' when `ours` is what version 16 says, or what 17 says where 16 is known to be behind, or differs from
// both in one of the ways above.
export function judge(ours, request, oracle16, oracle17) {
  const expected = without_drafts(oracle16.execute(request));
  const verdict = compare(ours, expected);
  if (is_equal(verdict)) return { verdict, expected };
  const newer = without_drafts(oracle17.execute(request));
  const later = compare(ours, newer);
  const is_newer = (newer.errors ?? []).some((error) => newer_rules.some((rule) => rule.test(error.message)));
  if (is_newer && is_equal(later)) return { verdict: later, expected: newer };
  if (is_one_of_deviation(ours, expected) || (is_newer && is_one_of_deviation(ours, newer))) return { verdict: 'message', expected };
  return { verdict, expected, newer };
}
