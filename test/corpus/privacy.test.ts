import { describe, expect, test } from 'vitest';
import { isPlainFile } from '../../src/images/metadata.ts';
import { type PreparedImage, prepareImage } from '../../src/images/prepare.ts';
import { verifyOutput } from '../../src/images/verify.ts';
import { colourFault } from './colours.ts';
import { impurity } from './expectations.ts';
import { planted } from './planted.ts';
import { privateFiles, privateFormats } from './private-files.ts';

const ways: Readonly<Record<string, (bytes: Uint8Array) => Promise<PreparedImage>>> = {
  'an input': prepareImage,
  'a result': verifyOutput,
};

describe.each(privateFormats)('of a %s', (format) => {
  test.each(Object.entries(ways))('as %s, nothing but the picture is left, upright', async (_name, make) => {
    const files = privateFiles(format);
    expect(files).toHaveLength(60);
    const faults: string[] = [];
    for (const file of files) {
      const bytes = await file.make();
      expect(bytes.includes(planted), file.name).toBe(true);
      const made = await make(bytes);
      const found = [
        Buffer.from(made.bytes).includes(planted) ? 'the marker is left' : null,
        isPlainFile(made.bytes, made.contentType) ? null : 'it holds more than pixels',
        await impurity(made.bytes),
        await colourFault(made.bytes, file),
      ];
      faults.push(...found.flatMap((fault) => (fault === null ? [] : [`${file.name}: ${fault}`])));
    }
    expect(faults).toEqual([]);
  });
});
