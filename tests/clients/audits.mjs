// The GraphQL-over-HTTP audits of npm's graphql-http: all of them hold, the optional ones too.
import assert from 'node:assert/strict';
import { serverAudits } from 'graphql-http';
import { startServer } from './server.mjs';

export default async function audits(claim) {
  const server = await startServer();
  const all = serverAudits({ url: `${server.url}/graphql` });
  await claim('there are 61 audits', () => assert.equal(all.length, 61));
  for (const audit of all) {
    await claim(`audit ${audit.id}: ${audit.name}`, async () => {
      const result = await audit.fn();
      assert.equal(result.status, 'ok', result.reason);
    });
  }
  await claim('the server ends well after the audits', () => server.stop());
}
