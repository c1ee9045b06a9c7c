import { describe, expect, test } from 'vitest';
import { prepareImage } from '../../src/images/prepare.ts';
import { probeImage } from '../../src/images/probe.ts';
import { type ColourSpecimen, colourFault } from './colours.ts';
import { jpegColourForms } from './colours-jpeg.ts';
import {
  adobeColourForms,
  avifColourForms,
  gifColourForms,
  hdrForms,
  heicColourForms,
  numberedColourForms,
  webpColourForms,
} from './colours-more.ts';
import { pngColourForms } from './colours-png.ts';
import { tiffColourForms } from './colours-tiff.ts';
import { impurity } from './expectations.ts';
import { turnedForms } from './orientations.ts';

const forms: readonly ColourSpecimen[] = [
  ...pngColourForms,
  ...jpegColourForms,
  ...gifColourForms,
  ...webpColourForms,
  ...avifColourForms,
  ...tiffColourForms,
  ...heicColourForms,
  ...adobeColourForms,
  ...numberedColourForms,
];

const named = <Form extends ColourSpecimen>(all: readonly Form[]) => all.map((form) => [form.name, form] as const);

describe('colours are those that were meant', () => {
  test.each(named(forms))('%s', async (_name, form) => {
    const prepared = await prepareImage(await form.make());
    expect(await colourFault(prepared.bytes, form)).toBeNull();
    expect(await impurity(prepared.bytes)).toBeNull();
  });
});

describe('colours that would come out wrong are refused', () => {
  test.each(hdrForms.map(({ name, make }) => [name, make] as const))('%s', async (_name, make) => {
    await expect(prepareImage(await make())).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: expect.stringMatching(/HDR.*Export it as JPEG/),
    });
  });
});

describe('orientation is baked in', () => {
  test.each(named(turnedForms))('%s', async (_name, form) => {
    const { width, height } = form;
    const bytes = await form.make();
    expect(await probeImage(bytes)).toMatchObject({ width, height });
    const prepared = await prepareImage(bytes);
    expect(prepared).toMatchObject({ width, height });
    expect(await colourFault(prepared.bytes, form)).toBeNull();
    expect(await impurity(prepared.bytes)).toBeNull();
  });
});
