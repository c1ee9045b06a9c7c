import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/operations/index.gen.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Stands for the address under which the gateway is public: some scripts behave otherwise on localhost. */
const publicHost = 'gateway.restage.test';

const launch = (): Promise<Browser> => {
  const executablePath = [process.env.CHROMIUM, ...executables].find((each) => each && existsSync(each));
  if (!executablePath)
    throw new Error('This test needs Chromium: apt-get install chromium, or set CHROMIUM to its executable.');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      `--host-resolver-rules=MAP ${publicHost} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
      `--unsafely-treat-insecure-origin-as-secure=http://${publicHost}`,
    ],
  });
};

let gateway: TestGateway;
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  gateway = await startTestGateway();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

describe.each(['127.0.0.1', publicHost])('/docs on %s, without any network', (host) => {
  it('shows every operation, with no error, and asks nobody else', async () => {
    const origin = `http://${host}:${new URL(gateway.url).port}`;
    const page = await browser.newPage({ viewport: { width: 1_200, height: 1_600 } });
    const errors: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => asked.push(request.url()));

    await page.goto(`${origin}/`, { waitUntil: 'networkidle' });
    expect(page.url()).toBe(`${origin}/docs`);
    await page.waitForSelector('.opblock');
    const shown = await page.locator('.opblock-summary-path').allTextContents();
    const paths = shown.map((path) => path.replaceAll('\u200b', ''));
    for (const { name } of operations) expect(paths).toContain(`/v1/${name}`);
    expect(paths).toEqual(expect.arrayContaining(['/v1/jobs', '/v1/jobs/{id}/events', '/v1/assets/presign']));

    await page.locator('.opblock', { hasText: '/v1/background' }).first().click();
    await page.waitForSelector('.opblock-body');
    expect(await page.locator('.opblock-body').first().textContent()).toContain('dry_run');
    await page.screenshot({ path: join(tmpdir(), `restage-docs-${host}.png`) });

    expect(errors).toEqual([]);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([]);
    await page.close();
  });

  it('keeps scripts from elsewhere out', async () => {
    const response = await gateway.fetch('/docs');
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(await response.text()).not.toMatch(/https?:\/\//);
  });
});
