// Bundles GraphiQL for use without any other host:  node build.mjs [FOLDER]
//
// FOLDER (../build/console) then holds graphql.html, licenses.txt, and assets/HASH/ with everything whose path changes
// with its content. All of it is gzipped, as the server embeds it.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { licensesOf } from './licenses.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, '../build/console'));
process.chdir(here);

const shared = {
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  legalComments: 'none', // licenses.txt has the whole texts
  define: { 'process.env.NODE_ENV': '"production"' },
  target: ['chrome110', 'firefox110', 'safari16'],
  outdir: 'out',
  logLevel: 'warning',
};

const page = await build({
  ...shared,
  entryPoints: { graphiql: 'graphiql/main.jsx' },
  format: 'esm',
  target: ['chrome110', 'firefox110', 'safari16.4'], // awaits at the top of a module
  jsx: 'automatic',
  loader: { '.ttf': 'file', '.woff': 'dataurl', '.woff2': 'dataurl' },
  assetNames: '[name]',
});
const workers = await build({
  ...shared,
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
  format: 'iife',
});

const assets = [...page.outputFiles, ...workers.outputFiles]
  .map((file) => ({ name: basename(file.path), bytes: Buffer.from(file.contents) }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
const digest = createHash('sha256');
for (const { name, bytes } of assets) digest.update(`${name} ${bytes.length}\n`).update(bytes);
const hash = digest.digest('hex').slice(0, 12);

const html = (await readFile('graphiql/graphql.html', 'utf8')).replaceAll('HASH', hash);
const bundled = [page, workers].flatMap((result) => Object.keys(result.metafile.inputs));
const files = [
  ...assets.map(({ name, bytes }) => ({ name: `assets/${hash}/${name}`, bytes })),
  { name: 'graphql.html', bytes: Buffer.from(html) },
  { name: 'licenses.txt', bytes: Buffer.from(await licensesOf(bundled)) },
];

// Written beside and moved, so that whoever reads the folder sees either the old pages or the new ones.
const fresh = `${target}.new`;
await rm(fresh, { recursive: true, force: true });
let total = 0;
for (const { name, bytes } of files) {
  const packed = gzipSync(bytes, { level: 9 });
  await mkdir(dirname(join(fresh, name)), { recursive: true });
  await writeFile(join(fresh, `${name}.gz`), packed);
  total += packed.length;
}
await rm(target, { recursive: true, force: true });
await rename(fresh, target);
console.error(`GraphiQL: ${files.length} files, ${(total / 1e6).toFixed(2)} MB`);
