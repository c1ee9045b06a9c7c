import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { JobView } from '../../src/operations/job.ts';
import { defineProvider } from '../../src/provider.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';

let bought = 0;
let during = async (): Promise<void> => {};

/** A service that answers with the picture itself, and cannot be asked again. */
const synchronous = defineProvider({
  id: 'synchronous',
  manifest: {
    title: 'Answers with bytes',
    operations: {
      relight: {
        images: { image: 1 },
        fields: ['image', 'light'],
        outputFormats: ['png'],
        inputTypes: ['image/png'],
        maxInputSide: 64,
        expectedSeconds: 1,
        maxSeconds: 60,
      },
    },
    transport: 'bytes',
    submission: 'at_most_once',
    concurrency: 2,
  },
  settings: z.object({}),
  options: z.strictObject({}),
  plan: () => ({
    stages: [{ name: 'only', inputs: [{ role: 'image', index: 0 }], wire: {}, costUsd: 0.01 }],
    adjustments: [],
    expectedSeconds: 1,
  }),
  start: async () => {
    bought += 1;
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 50 };
    const bytes = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#000', noise } })
      .png()
      .toBuffer();
    await during();
    return { status: 'finished', artifacts: [{ bytes, contentType: 'image/png' }] };
  },
});

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ providers: [synchronous] });
});
afterAll(() => gateway.stop());

const run = async (): Promise<JobView> => {
  const response = await gateway.post('/v1/relight', { image: tinyPng, light: { direction: 'left' } });
  return gateway.ended(((await response.json()) as JobView).id);
};

it('keeps a picture that is here although storage is away at that moment', async () => {
  const raw = join(gateway.dataDir, 'files', 'raw');
  during = async () => {
    await rm(raw, { recursive: true, force: true });
    await writeFile(raw, 'in the way');
    setTimeout(() => void rm(raw).then(() => mkdir(raw)), 700);
  };
  expect(await run()).toMatchObject({ status: 'succeeded', cost_usd: 0.01 });
  expect(bought).toBe(1);
});

it('waits for storage while inputs are prepared, instead of giving the job up', async () => {
  during = async () => {};
  const inputs = join(gateway.dataDir, 'files', 'inputs');
  await rm(inputs, { recursive: true, force: true });
  await writeFile(inputs, 'in the way');
  setTimeout(() => void rm(inputs).then(() => mkdir(inputs)), 1_500);
  expect(await run()).toMatchObject({ status: 'succeeded' });
});
