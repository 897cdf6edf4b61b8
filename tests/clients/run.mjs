import { claims } from '../claims.mjs';
import apollo from './apollo.mjs';
import audits from './audits.mjs';
import plainFetch from './fetch.mjs';

const { claim, close } = claims();
for (const flow of [audits, plainFetch, apollo]) {
  await flow(claim).catch((error) => claim(`${flow.name} has a server to talk to`, () => Promise.reject(error)));
}
close();
