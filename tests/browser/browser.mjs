// A headless Chromium that reaches this machine's server and nothing else, and remembers everything that went wrong.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { logs } from '../clients/server.mjs';

const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--disable-gpu',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.MILLRACE_CHROMIUM ?? '/usr/bin/chromium',
    args: [...quiet, '--no-sandbox'], // the sandbox needs rights that a container or root has not; only our own pages open
  });
}

// Opens `url` in a fresh profile. `faults` fills with failed requests, answers of 400 and above, requests to other
// hosts, refusals of the page's own policy, console errors and uncaught exceptions. `html` takes the place of the page
// that the server gives, under the same headers.
export async function openPage(browser, server, path, { html, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  await context.route('**/*', async (route) => {
    const url = route.request().url();
    if (html && url === `${server.url}${path}` && route.request().isNavigationRequest()) {
      const response = await route.fetch();
      return route.fulfill({ response, body: html });
    }
    if (url.startsWith(`${server.url}/`) || url.startsWith('data:') || url.startsWith('blob:')) return route.continue();
    faults.push(`asked another host: ${url}`);
    return route.abort();
  });
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => response.status() < 400 || faults.push(`${response.status()}: ${response.url()}`));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  const response = await page.goto(`${server.url}${path}`);
  return { page, response, faults, close: () => context.close() };
}

export async function picture(page, name) {
  mkdirSync(logs, { recursive: true });
  await page.screenshot({ path: join(logs, `${name}.png`) });
}
