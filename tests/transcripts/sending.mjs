// Turns what a transcript says is sent into bytes.
import { createHash, createHmac } from 'node:crypto';

// What everybody's development mode signs with; the same as that of the QStash SDK.
const signingKeys = { current: 'sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r', next: 'sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs' };

const base64url = (text) => Buffer.from(text).toString('base64url');

export function sign(kind, body) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: kind === 'none' ? 'none' : 'HS256', typ: 'JWT' };
  const claims = {
    iss: kind === 'other-issuer' ? 'Somebody' : 'Upstash',
    sub: 'http://127.0.0.1/projection',
    exp: kind === 'expired' ? now - 60 : now + 300,
    nbf: kind === 'early' ? now + 60 : 0,
    iat: now,
    jti: `jwt_${now}`,
    body: createHash('sha256').update(kind === 'other-body' ? `${body} ` : body).digest('base64url'),
  };
  const part = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  if (kind === 'none') return `${part}.`;
  const key = kind === 'next' ? signingKeys.next : kind === 'other-key' ? 'sig_of-somebody-else' : signingKeys.current;
  return `${part}.${createHmac('sha256', key).update(part).digest('base64url')}`;
}

// Puts in what stands in angle brackets. `found` has the names.
function fill(text, found, body = '') {
  return text
    .replace(/<(\d+)\*([^<>]+)>/g, (_, count, part) => part.repeat(Number(count)))
    .replace(/<sha256 ([^<>]+)>/g, (_, part) => createHash('sha256').update(part).digest('hex'))
    .replace(/<signature ([a-z-]+)>/g, (_, kind) => sign(kind, body))
    .replace(/<([a-z][a-z0-9_]*)>/g, (whole, name) => found.get(name) ?? whole);
}

const escapes = { r: '\r', n: '\n', t: '\t', '\\': '\\' };

// Characters beyond ASCII become their UTF-8, \xFF one byte.
function bytesOf(text) {
  const latin = Buffer.from(text, 'utf8').toString('latin1');
  const plain = latin.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (whole, code) =>
    code[0] === 'x' && code.length === 3 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (escapes[code] ?? whole),
  );
  return Buffer.from(plain, 'latin1');
}

// { method, bytes } of a step of a talk, with the headers of a column.
export function toBytes(step, columnHeaders, found) {
  if (step.kind === 'bytes') {
    const text = fill(step.bytes, found);
    return { method: text.split(' ')[0], bytes: bytesOf(text) };
  }
  const isDocument = step.kind === 'document';
  const [method, ...target] = isDocument ? ['POST', '/graphql'] : fill(step.first, found).split(' ');
  const body = isDocument ? documentBody(step, found) : fill((step.body ?? []).join('\n'), found);
  const headers = new Map([['host', '127.0.0.1']]);
  if (body) headers.set('content-type', 'application/json');
  if (body || method === 'POST') headers.set('content-length', String(Buffer.byteLength(body)));
  for (const [name, value] of [...columnHeaders, ...step.headers]) headers.set(name, fill(value, found, body));
  const lines = [...headers].filter(([, value]) => value !== '(none)').map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${target.join(' ')} HTTP/1.1`, ...lines].join('\r\n');
  return { method, bytes: Buffer.from(`${head}\r\n\r\n${body}`) };
}

function documentBody({ document, variables }, found) {
  const request = { query: fill(document, found) };
  if (variables !== undefined) request.variables = JSON.parse(fill(variables, found));
  return JSON.stringify(request);
}
