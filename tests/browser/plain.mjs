// The page that a server built without GraphiQL gives instead.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../clients/server.mjs';
import { openPage, picture } from './browser.mjs';

export default async function plainPage(claim, browser, server) {
  const html = readFileSync(join(root, 'console/pages/graphql.html'), 'utf8');
  const { page, faults, close } = await openPage(browser, server, '/graphql', { html });
  const result = (text) => page.locator('#result', { hasText: text }).waitFor();

  await claim('the plain page shows the schema', () => page.locator('#schema', { hasText: 'type Task' }).waitFor());
  await claim('the plain page runs an operation with variables', async () => {
    await page.locator('#query').fill('mutation ($text: String!) { createTask(text: $text) { id text done } }');
    await page.locator('#variables').fill('{ "text": "without GraphiQL" }');
    await page.getByRole('button', { name: /^Run/ }).click();
    await result('"text": "without GraphiQL"');
  });
  await claim('the plain page runs an operation by Ctrl-Enter', async () => {
    await page.locator('#query').fill('{ list { text } }');
    await page.locator('#variables').fill('');
    await page.keyboard.press('Control+Enter');
    await result('"list": [');
    await picture(page, 'plain');
  });
  await claim('the plain page says when the variables are not JSON', async () => {
    await page.locator('#variables').fill('{ text }');
    await page.getByRole('button', { name: /^Run/ }).click();
    await result('The variables are not JSON');
  });
  await claim('the plain page stays after a reload', async () => {
    await page.reload();
    assert.equal(await page.locator('#query').inputValue(), '{ list { text } }');
  });
  await claim('the plain page asked no other host and nothing failed', () => assert.deepEqual(faults, []));
  await close();
}
