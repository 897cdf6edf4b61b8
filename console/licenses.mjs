// The licences of everything that went into a bundle, as one text.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

// Files that a package carries without the licence text that they came under.
const unlicensed = {
  'monaco-editor': 'The icon font codicon.ttf is by Microsoft Corporation, under the Creative Commons Attribution 4.0\n' +
    'International licence (https://creativecommons.org/licenses/by/4.0/).',
  '@graphiql/react': 'The style sheet carries the typefaces Roboto (by Christian Robertson, Google; Apache License 2.0,\n' +
    'https://www.apache.org/licenses/LICENSE-2.0) and Fira Code (by The Fira Code Project Authors; SIL Open Font\n' +
    'License 1.1, https://openfontlicense.org).',
};

// The folder of the package that a bundled file belongs to: node_modules/NAME or node_modules/@SCOPE/NAME, innermost.
function packageFolder(file) {
  return /^(?:.*node_modules\/)(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

async function describe(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice|thirdpartynotices)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const terms = typeof license === 'string' ? license : (license?.type ?? 'see its text');
  const body = [unlicensed[name], ...texts.map((text) => text.trim())].filter(Boolean);
  if (texts.length === 0) body.push(`Its package names these terms and carries no text of them: https://spdx.org/licenses/${terms}.html`);
  return [`${name} ${version} (${terms})`, ...body].join('\n\n');
}

export async function licensesOf(bundledFiles) {
  const folders = [...new Set(bundledFiles.map(packageFolder).filter(Boolean))].sort();
  const parts = await Promise.all(folders.map(describe));
  const line = '-'.repeat(100);
  return `The browser pages of millrace contain the following works of others.\n\n${line}\n${parts.join(`\n\n${line}\n`)}\n`;
}
