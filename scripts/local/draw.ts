import local from '../../providers/local/index.ts';
import background from '../../src/operations/background.ts';
import compose from '../../src/operations/compose.ts';
import { imagesOf, type Operation } from '../../src/operations/operation.ts';
import relight from '../../src/operations/relight.ts';
import type { PlanRequest, StageImage, StageInput } from '../../src/provider.ts';

const operations: Readonly<Record<string, Operation>> = { background, compose, relight };

export interface Drawn {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly seconds: number;
}

/** A request to the `local` provider; image fields are `asset_<name>` of a picture in `pictures`. */
export interface Request {
  readonly operation: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly options?: object;
}

/** Plans and draws one picture with the provider itself, without a gateway around it. */
export const draw = async (request: Request, pictures: ReadonlyMap<string, Uint8Array>): Promise<Drawn> => {
  const operation = operations[request.operation];
  if (operation === undefined) throw new Error(`no operation ${request.operation}`);
  const planned: PlanRequest<unknown> = {
    operation: request.operation,
    fields: operation.fields.loose().parse(request.fields),
    images: imagesOf(operation, request.fields),
    options: local.options.parse(request.options ?? {}),
  };
  const [stage] = local.plan(planned, {}).stages;
  if (stage === undefined) throw new Error('the plan has no stage');
  const image = (input: StageInput): StageImage => {
    const sent = planned.images.find(
      ({ role, index }) => input !== 'previous' && input.role === role && input.index === index,
    );
    const bytes = pictures.get(sent?.source.replace('asset_', '') ?? '');
    if (bytes === undefined) throw new Error(`${request.operation} names a picture that is not there`);
    return { contentType: '', bytes: async () => bytes } as Partial<StageImage> as StageImage;
  };
  const began = performance.now();
  const result = await local.start(stage, {
    settings: {},
    http: undefined as never,
    signal: new AbortController().signal,
    now: Date.now,
    log: () => undefined,
    purchaseId: 'purchase',
    picture: 0,
    request: planned,
    image,
    progress: () => undefined,
  });
  const [artifact] = result.status === 'finished' ? result.artifacts : [];
  if (artifact === undefined || !('bytes' in artifact)) throw new Error('the local provider returned no picture');
  return { ...artifact, seconds: (performance.now() - began) / 1000 };
};

export const endDrawing = async (): Promise<void> => local.close?.();
