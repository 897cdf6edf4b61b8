import { claims } from '../claims.mjs';
import { startServer } from '../clients/server.mjs';
import { openBrowser } from './browser.mjs';
import consolePage from './console.mjs';
import graphiql from './graphiql.mjs';
import plainPage from './plain.mjs';

const { claim, close } = claims();
for (const pages of [graphiql, plainPage, consolePage]) {
  try {
    const server = await startServer();
    const browser = await openBrowser();
    await pages(claim, browser, server);
    await browser.close();
    await claim(`the server ends well after ${pages.name}`, () => server.stop());
  } catch (error) {
    await claim(`${pages.name} has a server and a browser`, () => Promise.reject(error));
  }
}
close();
