// Compares an answer with what a transcript expects of it.
import assert from 'node:assert/strict';

const anyText = String.raw`(?:[^"\\]|\\.)*?`; // within a JSON string
const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// Compares the whole text with a pattern and remembers the names that were found first.
function compare(actual, expected, found, what) {
  const names = [];
  const pieces = expected.split(/<(any|number|[a-z][a-z0-9_]*)>/);
  const pattern = pieces.map((piece, at) => {
    if (at % 2 === 0) return escapeRegExp(piece);
    if (piece === 'any') return anyText;
    if (piece === 'number') return '[0-9]+';
    if (found.has(piece)) return escapeRegExp(found.get(piece));
    if (names.includes(piece)) return `\\k<${piece}>`;
    names.push(piece);
    return `(?<${piece}>${anyText.replace('*?', '+?')})`;
  });
  const match = new RegExp(`^${pattern.join('')}$`, 's').exec(actual);
  if (!match) assert.fail(`${what} is\n  ${actual}\nand not\n  ${expected}`);
  for (const name of names) found.set(name, match.groups[name]);
}

function choose(text, column, isOneOfMany) {
  const each = text.split(' | ');
  return isOneOfMany ? (each[column] ?? each[0]) : text;
}

// column  the number of the column, and whether there are several
export function check(answer, step, { column, isOneOfMany, found }) {
  const status = choose(step.status, column, isOneOfMany);
  if (String(answer.status) !== status) {
    assert.fail(`line ${step.line}: the status is ${answer.status} and not ${status}:\n${answer.body.slice(0, 2000)}`);
  }
  for (const [name, value] of step.headers) {
    const expected = choose(value, column, isOneOfMany);
    const actual = answer.headers.get(name);
    if (expected === '(none)') {
      assert.equal(actual, undefined, `line ${step.line}: there is a header ${name}`);
    } else {
      assert.notEqual(actual, undefined, `line ${step.line}: there is no header ${name}`);
      compare(actual, expected, found, `line ${step.line}: header ${name}`);
    }
  }
  if (step.body && !(step.body.length === 0 && step.parts.length > 0)) {
    compare(answer.body, step.body.join('\n'), found, `line ${step.line}: the body`);
  }
  for (const part of step.parts) {
    if (answer.body.includes(part)) continue;
    assert.fail(`line ${step.line}: the body has no\n  ${part}\nbut is\n${answer.body.slice(0, 2000)}`);
  }
}
