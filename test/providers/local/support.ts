import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import local from '../../../providers/local/index.ts';
import background from '../../../src/operations/background.ts';
import compose from '../../../src/operations/compose.ts';
import { imagesOf, type Operation, type SentImage } from '../../../src/operations/operation.ts';
import relight from '../../../src/operations/relight.ts';
import type { Plan, PlanRequest, StartContext } from '../../../src/provider.ts';

export const operations: Readonly<Record<string, Operation>> = { compose, relight, background };

const operationNamed = (name: string): Operation => {
  const operation = operations[name];
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return operation;
};

type Fields = Readonly<Record<string, unknown>>;

export const requestFor = (operation: string, fields: Fields, options: object = {}): PlanRequest<unknown> => ({
  operation,
  fields: operationNamed(operation).fields.loose().parse(fields),
  images: imagesOf(operationNamed(operation), fields),
  options: local.options.parse(options),
});

export const planFor = (operation: string, fields: Fields, options: object = {}): Plan =>
  local.plan(requestFor(operation, fields, options), {});

export interface Run {
  readonly signal?: AbortSignal;
  readonly picture?: number;
  readonly progress?: (fraction: number) => void;
  readonly options?: object;
  /** Bytes for `asset_<name>`; other sources are `asset_` and a path in the samples' folder. */
  readonly assets?: Readonly<Record<string, Uint8Array>>;
  readonly folder?: string;
}

const bytesOf = async (image: SentImage, run: Run): Promise<Uint8Array> => {
  const name = image.source.replace('asset_', '');
  return run.assets?.[name] ?? (await readFile(`${run.folder}/${name}.png`));
};

const contextFor = (request: PlanRequest<unknown>, run: Run): StartContext<unknown> => ({
  settings: {},
  http: undefined as never,
  signal: run.signal ?? new AbortController().signal,
  now: Date.now,
  log: () => undefined,
  purchaseId: 'purchase_1',
  picture: run.picture ?? 0,
  request,
  progress: run.progress ?? (() => undefined),
  image: (input) => {
    const sent = request.images.find(
      (image) => input !== 'previous' && image.role === input.role && image.index === input.index,
    );
    if (sent === undefined) throw new Error('the plan names an image that was not sent');
    const bytes = (): Promise<Uint8Array> => bytesOf(sent, run);
    return { contentType: 'image/png', width: 0, height: 0, bytes } as never;
  },
});

/** Plans and draws one picture. */
export const drawn = async (
  operation: string,
  fields: Fields,
  run: Run,
): Promise<{ bytes: Uint8Array; contentType: string }> => {
  const request = requestFor(operation, fields, run.options);
  const [stage] = local.plan(request, {}).stages;
  if (stage === undefined) throw new Error('no stage');
  const result = await local.start(stage, contextFor(request, run));
  if (result.status !== 'finished') throw new Error('local finishes at once');
  const [artifact] = result.artifacts;
  if (artifact === undefined || !('bytes' in artifact)) throw new Error('local returns bytes');
  return artifact;
};

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** Mean red, green and blue of a part, given in shares of the sides. */
  readonly mean: (left: number, top: number, right: number, bottom: number) => readonly [number, number, number];
}

export const look = async (bytes: Uint8Array): Promise<Look> => {
  const { format } = await sharp(bytes).metadata();
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return {
    width,
    height,
    format,
    mean: (left, top, right, bottom) => {
      const sum: [number, number, number] = [0, 0, 0];
      let count = 0;
      for (let y = Math.floor(top * height); y < bottom * height; y++) {
        for (let x = Math.floor(left * width); x < right * width; x++, count++) {
          for (const c of [0, 1, 2] as const) sum[c] += data[(y * width + x) * 3 + c] ?? 0;
        }
      }
      return [sum[0] / count, sum[1] / count, sum[2] / count];
    },
  };
};

export const bright = ([r, g, b]: readonly [number, number, number]): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;
