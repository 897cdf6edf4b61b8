// The layer rules: read from ARCHITECTURE.md's tables, and applied to the text of one source file. Pure.

const backends = ['kv/rocksdb', 'kv/memory', 'kv/faulty'];
const namesBackends = 'server';

// Headers of the C++ and C standard libraries have neither folder nor ending; these are POSIX and Linux.
const system = /^[a-z_0-9]+$|^(sys|netinet|arpa|linux)\/|^(unistd|fcntl|signal|poll|netdb|dirent|pthread|sched|termios|errno|stdlib|string|stdio)\.h$/;

const words = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]);

function tableWith(markdown, ...columns) {
  const lines = markdown.split('\n');
  const cells = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());
  const start = lines.findIndex((line) => line.startsWith('|') && columns.every((each, i) => cells(line)[i] === each));
  if (start < 0) throw new Error(`ARCHITECTURE.md has no table with the columns ${columns.join(' | ')}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end < 0 ? undefined : end).map(cells);
}

export function readRules(markdown) {
  const layers = new Map();
  for (const [folder, , allowed] of tableWith(markdown, 'folder', 'holds', 'may include')) {
    layers.set(words(folder)[0].replace(/^src\//, ''), words(allowed));
  }
  const libraries = [];
  for (const [name, headers, homes] of tableWith(markdown, 'library', 'headers', 'homes')) {
    libraries.push({ name, headers: words(headers), homes: words(homes), everywhere: homes === 'every folder', tests: homes === 'tests' });
  }
  return { layers, libraries };
}

const below = (layers, folder, seen = new Set()) => {
  for (const next of layers.get(folder) ?? []) {
    if (!seen.has(next)) below(layers, next, seen.add(next));
  }
  return seen;
};

const isTest = (path) => /_(test|bench|fuzz|contract|cases)\.(cc|h)$|(^|\/)testing(\/|\.)/.test(path);
const inside = (path, folder) => path.startsWith(`${folder}/`);

function ownInclude({ layers }, path, target) {
  const from = path.split('/')[0];
  const to = target.split('/')[0];
  const backend = backends.find((each) => inside(target, each));
  if (!layers.has(to)) return `'${target}' is in no folder of ARCHITECTURE.md's table (includes are written from src)`;
  if (backend && !inside(path, backend) && from !== namesBackends && !isTest(path)) {
    return `the backend ${backend} is named by ${namesBackends} only`;
  }
  const allowed = isTest(path) ? below(layers, from) : new Set(layers.get(from));
  return from === to || allowed.has(to) ? undefined : `${from} may not include ${to}`;
}

function foreignInclude({ libraries }, path, target) {
  if (system.test(target)) return undefined;
  const library = libraries.find((each) => each.headers.some((header) => target.startsWith(header)));
  if (!library) return `<${target}> has no home in ARCHITECTURE.md's table of libraries`;
  const home = library.everywhere || (library.tests && isTest(path)) || library.homes.some((each) => inside(path, each));
  return home ? undefined : `${library.name} is at home in ${library.homes.join(', ') || 'tests'} only`;
}

// The offences of one file, each as "path:line: why". `path` is from src.
export function offences(rules, path, text) {
  const found = [];
  if (!rules.layers.has(path.split('/')[0])) return [`${path}: its folder is not in ARCHITECTURE.md's table`];
  text.split('\n').forEach((line, index) => {
    const [, bracket, target] = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line) ?? [];
    if (!target) return;
    const why = bracket === '"' ? ownInclude(rules, path, target) : foreignInclude(rules, path, target);
    if (why) found.push(`${path}:${index + 1}: ${why}`);
  });
  return found;
}
