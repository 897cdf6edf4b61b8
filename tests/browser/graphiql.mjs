// GraphiQL as the server serves it: offline, runs a query and a mutation, completes by the schema.
import assert from 'node:assert/strict';
import { graphql } from '../clients/server.mjs';
import { openPage, picture } from './browser.mjs';

// Replaces what the operation editor holds by one line, at once: typed by key, the editor would close brackets itself.
// Then waits until GraphiQL has understood it: the tab takes the operation's name.
async function write(page, text) {
  await page.locator('.graphiql-query-editor .view-lines').first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
  await page.locator('.graphiql-tab', { hasText: /^(?:query|mutation) (\w+)/.exec(text)[1] }).first().waitFor();
}

async function answerWith(page, expected) {
  await page.getByRole('button', { name: /^Execute query/ }).click();
  const result = page.locator('.result-window .view-lines');
  await page.waitForFunction(
    (text) => document.querySelector('.result-window .view-lines')?.textContent.replaceAll('\u00a0', ' ').includes(text),
    expected,
  );
  return (await result.textContent()).replaceAll('\u00a0', ' ');
}

export default async function graphiql(claim, browser, server) {
  await graphql(server, 'mutation { createTask(text: "made before") { id } }');
  const { page, response, faults, close } = await openPage(browser, server, '/graphql');

  await claim('a browser at /graphql gets a page that allows no other host', async () => {
    assert.equal(response.status(), 200);
    assert.match(response.headers()['content-type'], /^text\/html/);
    assert.match(response.headers()['content-security-policy'], /default-src 'none'.*connect-src 'self'/);
  });
  await claim('GraphiQL starts with an example made from the schema', async () => {
    await page.locator('.graphiql-query-editor .view-line', { hasText: 'createTask' }).first().waitFor();
    await page.getByRole('button', { name: /Documentation Explorer/ }).first().waitFor();
  });
  await claim('GraphiQL runs a query', async () => {
    await write(page, 'query Show { list { text done } }');
    await answerWith(page, '"text": "made before"');
  });
  await claim('GraphiQL runs a mutation', async () => {
    await write(page, 'mutation Make { createTask(text: "made in the browser") { id text done } }');
    await answerWith(page, '"text": "made in the browser"');
    const { body } = await graphql(server, '{ list { text } }');
    assert.deepEqual(body.data.list.map((task) => task.text), ['made before', 'made in the browser']);
  });
  await claim('GraphiQL underlines a field that the schema does not have', async () => {
    await write(page, 'query Wrong { list { nothing } }');
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
  });
  await claim('GraphiQL completes a field by the schema', async () => {
    await write(page, 'query Begun { list { tex');
    await page.keyboard.press('Control+Space');
    await page.locator('.graphiql-query-editor .suggest-widget .monaco-list-row', { hasText: 'text' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.graphiql-query-editor .view-line', { hasText: /text\}/ }).first().waitFor();
  });
  await claim('GraphiQL shows the documentation', async () => {
    await page.getByRole('button', { name: /Documentation Explorer/ }).first().click();
    await page.locator('.graphiql-doc-explorer').getByText('Mutation', { exact: true }).first().waitFor();
    await write(page, 'mutation Again { createTask(text: "documented") { id text done } }');
    await page.getByRole('button', { name: /^Prettify/ }).click();
    await answerWith(page, 'documented');
    await picture(page, 'graphiql');
  });
  await claim('GraphiQL asked no other host and nothing failed', async () => assert.deepEqual(faults, []));
  await close();

  await claim('GraphiQL follows a dark system', async () => {
    const dark = await openPage(browser, server, '/graphql', { colorScheme: 'dark' });
    await dark.page.locator('.graphiql-query-editor .view-line', { hasText: 'createTask' }).first().waitFor();
    await picture(dark.page, 'graphiql-dark');
    assert.deepEqual(dark.faults, []);
    await dark.close();
  });
}
