// Reads a transcript; README.md says how one is written.
//
// { options: [text], columns: [{ headers: [[name, value]], options: [text] }], claims: [{ text, line, talk }] }, where
// a talk is a list of { kind: 'document' | 'request' | 'bytes' | 'answer' | 'closed', ... }.

export function parse(text, file) {
  const transcript = { options: [], columns: [], claims: [] };
  let talk;
  text.split('\n').forEach((line, at) => {
    const fail = (why) => {
      throw new Error(`${file}:${at + 1}: ${why}: ${line}`);
    };
    const [, mark, rest] = /^(==|--|\?\$|\?:|\?|>>|>|<~|<)(?: (.*)|)$/.exec(line) ?? [];
    if (!talk && mark !== '==') return readOpening(transcript, line);
    if (line.trim() === '' || mark === '--') return;
    if (!mark) fail('no such line');
    if (mark === '==') {
      talk = [];
      transcript.claims.push({ text: rest, line: at + 1, talk });
    } else {
      readLine(talk, mark, rest ?? '', { line: at + 1, fail });
    }
  });
  if (transcript.columns.length === 0) transcript.columns.push({ headers: [], options: [] });
  return transcript;
}

function readOpening(transcript, line) {
  const [, word, rest] = /^(server|column): (.*)$/.exec(line) ?? [];
  if (word === 'server') transcript.options.push(...rest.split(' '));
  if (word !== 'column') return;
  const parts = rest.split(', ');
  transcript.columns.push({
    headers: parts.filter((part) => !part.startsWith('--')).map(splitHeader),
    options: parts.filter((part) => part.startsWith('--')).flatMap((part) => part.split(' ')),
  });
}

function readLine(talk, mark, rest, { line, fail }) {
  const last = talk.at(-1);
  const begin = (kind, more) => talk.push({ kind, line, ...more });
  const isOpen = (...kinds) => kinds.includes(last?.kind) || fail('nothing to go on with');
  if (mark === '?') {
    if (last?.kind === 'document') last.document += `\n${rest}`;
    else begin('document', { document: rest, headers: [] });
  } else if (mark === '?$') {
    isOpen('document') && (last.variables = rest);
  } else if (mark === '?:') {
    isOpen('document') && last.headers.push(splitHeader(rest));
  } else if (mark === '>>') {
    if (last?.kind === 'bytes') last.bytes += rest;
    else begin('bytes', { bytes: rest });
  } else if (mark === '>') {
    if (last?.kind === 'request') readPart(last, rest);
    else begin('request', { first: rest, headers: [] });
  } else if (mark === '<~') {
    isOpen('answer') && last.parts.push(rest);
  } else if (rest === 'closed') {
    begin('closed');
  } else if (/^\d{3}( \| \d{3})*$/.test(rest)) {
    begin('answer', { status: rest, headers: [], parts: [] });
  } else {
    isOpen('answer') && readPart(last, rest);
  }
}

// A header, the empty line after the headers, or a line of the body.
function readPart(message, rest) {
  if (message.body) message.body.push(rest);
  else if (rest === '') message.body = [];
  else message.headers.push(splitHeader(rest));
}

function splitHeader(text) {
  const colon = text.indexOf(':');
  if (colon < 1) throw new Error(`no header: ${text}`);
  return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
}
