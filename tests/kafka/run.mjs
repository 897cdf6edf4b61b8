// Talks to one server over the REST door of its log. Arguments: parts of the names of the files to run.
import { claims } from '../claims.mjs';
import { startServer } from '../clients/server.mjs';
import article from './article.mjs';
import consuming from './groups.mjs';
import credentials from './credentials.mjs';
import events from './events.mjs';
import fetching from './fetching.mjs';
import following from './following.mjs';
import { openLog } from './log.mjs';
import ordering from './ordering.mjs';
import producing from './producing.mjs';
import rebalancing from './rebalancing.mjs';
import refusals from './refusals.mjs';
import targets from './targets.mjs';
import waiting from './waiting.mjs';

const { claim, close } = claims();
const wanted = process.argv.slice(2);

const server = await startServer({ options: ['--quiet'] });
const log = await openLog(server);

for (const part of [
  producing,
  targets,
  article,
  fetching,
  waiting,
  consuming,
  credentials,
  events,
  following,
  refusals,
  ordering,
  rebalancing,
]) {
  if (wanted.length > 0 && !wanted.some((name) => part.name.includes(name))) continue;
  await part((text, check) => claim(`${part.name}: ${text}`, check), { log, server });
}
await claim('the server still serves, and stops well', async () => {
  await log.topics();
  await server.stop();
});
close();
