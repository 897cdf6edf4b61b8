// How the program starts, what it refuses to start with, and how it ends. Arguments: the parts to play, as 'damage'.
import { claims } from '../claims.mjs';

const parts = ['commands', 'databases', 'topics', 'importing', 'log', 'places', 'schemas', 'settings', 'credentials', 'damage', 'disk', 'stopping'];
const { claim, close } = claims();

for (const part of parts) {
  if (process.argv.length > 2 && !process.argv.includes(part)) continue;
  const { default: play } = await import(`./${part}.mjs`);
  await play((text, check) => claim(`${part}: ${text}`, check));
}
close();
