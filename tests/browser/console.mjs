// The console page: lists what the server serves, in light and dark, on a desk and on a telephone.
import assert from 'node:assert/strict';
import { openPage, picture } from './browser.mjs';

// The contrast of two colours given as CSS prints them (WCAG 2.2, 1.4.3).
function contrast(a, b) {
  const light = (color) => {
    const [red, green, blue] = color.match(/[\d.]+/g).map(Number).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dim, bright] = [light(a), light(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

const looks = [
  { name: 'console', colorScheme: 'light' },
  { name: 'console-dark', colorScheme: 'dark' },
  { name: 'console-narrow', colorScheme: 'light', viewport: { width: 360, height: 740 } },
];

export default async function consolePage(claim, browser, server) {
  const served = await (await fetch(`${server.url}/console/served.json`)).json().catch(() => []);

  await claim('the server says what it serves', () => {
    assert.ok(served.length > 0);
    for (const entry of served) assert.deepEqual(Object.keys(entry).sort(), ['name', 'url', 'what']);
  });
  for (const { name, ...look } of looks) {
    const { page, faults, close } = await openPage(browser, server, '/console', look);
    await claim(`${name}: every served thing is listed with its address`, async () => {
      await page.locator('#served li').nth(served.length - 1).waitFor();
      assert.deepEqual(await page.locator('#served h2').allTextContents(), served.map((entry) => entry.name));
      assert.deepEqual(await page.locator('#served code').allTextContents(), served.map((entry) => entry.url));
    });
    await claim(`${name}: texts stand out from what is behind them`, async () => {
      const pairs = await page.locator('h1, h2, p:not([hidden]), li a, footer a, button').evaluateAll((all) =>
        all.map((each) => {
          let behind = each;
          while (behind && /rgba\(.*, 0\)/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
          return [each.textContent, getComputedStyle(each).color, getComputedStyle(behind ?? document.body).backgroundColor];
        }),
      );
      for (const [text, front, back] of pairs) assert.ok(contrast(front, back) >= 4.5, `${text}: ${front} on ${back}`);
    });
    await claim(`${name}: nothing is wider than the window`, async () => {
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    });
    await picture(page, name);
    await claim(`${name}: no other host was asked and nothing failed`, () => assert.deepEqual(faults, []));
    await close();
  }
  await claim('the licences of what the pages contain are there', async () => {
    const answer = await fetch(`${server.url}/console/licenses.txt`);
    const text = await answer.text();
    assert.equal(answer.status, 200);
    for (const name of ['graphiql', 'monaco-editor', 'react']) assert.match(text, new RegExp(`^${name} \\d`, 'm'));
  });
}
