import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPlainFile } from '../../src/images/metadata.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { bombs } from './bombs.ts';
import { brokenStills } from './broken.ts';
import { type ColourSpecimen, colourFault } from './colours.ts';
import { adobeColourForms, avifColourForms, gifColourForms, heicColourForms } from './colours-more.ts';
import { impurity } from './expectations.ts';
import { hugeHeaders } from './headers.ts';
import { turnedForms } from './orientations.ts';
import { smuggled } from './payloads.ts';
import { planted } from './planted.ts';
import { carryingPolyglots, pretenders } from './polyglots.ts';
import { privateFiles, privateFormats } from './private-files.ts';
import type { Specimen } from './specimen.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const upload = (bytes: Buffer): Promise<Response> => {
  const body = new FormData();
  body.set('file', new File([new Uint8Array(bytes)], 'holiday.png', { type: 'image/png' }));
  return gateway.fetch('/v1/assets', { method: 'POST', body });
};

interface Answer {
  readonly name: string;
  /** The picture as it is served; null where it was refused. */
  readonly served: Buffer | null;
  /** What is not as it has to be. */
  readonly fault: string | null;
}

const refusalFault = async (response: Response): Promise<string | null> => {
  const type = response.headers.get('content-type');
  const problem = (await response.json()) as { code?: string };
  const isRight =
    response.status === 422 && type === 'application/problem+json' && problem.code === 'unprocessable_image';
  return isRight ? null : `${response.status} ${type} ${JSON.stringify(problem)}`;
};

const servedFault = async (bytes: Buffer, type: string | null): Promise<string | null> => {
  if (bytes.includes(smuggled) || bytes.includes(planted)) return 'what was hidden is served';
  if (type === null || !isPlainFile(bytes, type)) return `${type} holds more than pixels`;
  return impurity(bytes);
};

const ask = async ({ name, make }: Specimen): Promise<Answer> => {
  const response = await upload(await make());
  if (response.status !== 201) return { name, served: null, fault: await refusalFault(response) };
  const { url } = (await response.json()) as { url: string };
  const file = await fetch(url);
  const served = Buffer.from(await file.arrayBuffer());
  return { name, served, fault: await servedFault(served, file.headers.get('content-type')) };
};

/** Two at a time: as many as the machine decodes. */
const askAll = async (specimens: readonly Specimen[]): Promise<Answer[]> => {
  const left = [...specimens];
  const answers: Answer[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) answers.push(await ask(next));
  };
  await Promise.all([work(), work()]);
  return answers;
};

const faultsOf = (answers: readonly Answer[]): string[] =>
  answers.flatMap(({ name, fault }) => (fault === null ? [] : [`${name}: ${fault}`]));

/** Some of many, evenly. */
const every = <Item>(step: number, items: readonly Item[]): Item[] => items.filter((_, index) => index % step === 0);

describe('uploads that are no pictures, or too much of one, are refused', () => {
  test.each([
    ['bombs', every(2, bombs)],
    ['pretenders', every(2, pretenders)],
    ['pictures that are cut off', every(2, brokenStills)],
  ])(
    '%s',
    async (_name, specimens) => {
      const answers = await askAll(specimens);
      expect(faultsOf(answers)).toEqual([]);
      expect(answers.filter(({ served }) => served !== null).map(({ name }) => name)).toEqual([]);
    },
    120_000,
  );

  test('huge headers are refused, or the picture behind them is served', async () => {
    expect(faultsOf(await askAll(every(2, hugeHeaders)))).toEqual([]);
  }, 120_000);
});

describe('what is served is the picture and nothing else', () => {
  test('of polyglots', async () => {
    const answers = await askAll(every(5, carryingPolyglots));
    expect(faultsOf(answers)).toEqual([]);
    expect(answers.filter(({ served }) => served === null).map(({ name }) => name)).toEqual([]);
  }, 120_000);

  const shown: Readonly<Record<string, readonly ColourSpecimen[]>> = {
    ...Object.fromEntries(privateFormats.map((format) => [`${format} with metadata`, privateFiles(format, 10)])),
    'turned pictures': every(5, turnedForms),
    'profiles and formats': [...adobeColourForms, ...gifColourForms, ...avifColourForms, ...heicColourForms],
  };
  test.each(Object.entries(shown))(
    '%s',
    async (_name, specimens) => {
      const answers = await askAll(specimens);
      expect(faultsOf(answers)).toEqual([]);
      for (const { name, served } of answers) {
        const specimen = specimens.find((one) => one.name === name);
        if (served === null || specimen === undefined) throw new Error(`${name} was refused`);
        expect(`${name}: ${await colourFault(served, specimen)}`).toBe(`${name}: null`);
      }
    },
    60_000,
  );
});

test('a job with what is no picture fails by its fault', async () => {
  for (const { name, make } of every(12, pretenders)) {
    const image = `data:image/png;base64,${(await make()).toString('base64')}`;
    const response = await gateway.post('/v1/background?provider=scripted', { image, background: { color: 'red' } });
    const body = (await response.json()) as { code?: string; id: string };
    if (response.status === 422) expect(body.code, name).toBe('unprocessable_image');
    else expect((await gateway.ended(body.id)).error?.code, name).toBe('unprocessable_image');
  }
}, 60_000);

test('the gateway is as well as before', async () => {
  expect((await gateway.fetch('/healthz')).status).toBe(200);
  const answer = await ask({
    name: 'plain',
    make: () =>
      sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
  });
  expect(answer).toMatchObject({ fault: null, served: expect.any(Buffer) });
});
