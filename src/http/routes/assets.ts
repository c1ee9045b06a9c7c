import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { acceptedTypes } from '../../images/sniff.ts';
import { pointedAt } from '../../jobs/intake.ts';
import { type AssetRecord, isCallers } from '../../jobs/model.ts';
import { notFound, RestageError } from '../../operations/errors.ts';
import { imageField } from '../../operations/operation.ts';
import { readJson } from '../body.ts';
import { BodyShare } from '../body-budget.ts';
import { readJsonBody } from '../json-body.ts';
import { readMultipart } from '../multipart.ts';
import { json, problems, security } from '../openapi.ts';
import type { AppContext, AppEnv, HttpParts } from '../parts.ts';
import { invalid } from '../problem.ts';
import { problemsOf, requiredMessage } from '../validate.ts';

const assetSchema = z
  .object({
    id: z.string(),
    object: z.literal('asset'),
    content_type: z.string(),
    width: z.int(),
    height: z.int(),
    bytes: z.int(),
    sha256: z.string(),
    url: z.url(),
    expires_at: z.iso
      .datetime()
      .openapi({ description: 'When `url` stops working; read the asset again for a new one' }),
    created_at: z.iso.datetime(),
  })
  .openapi('Asset');

const uploadSchema = z.strictObject({ url: imageField('Where to fetch the image from') });
const formSchema = z.strictObject({ file: imageField('The image') });
const presignSchema = z.strictObject({
  content_type: z.enum(acceptedTypes),
  bytes: z.int().min(1),
});
const presignedSchema = z
  .object({
    asset_id: z.string(),
    method: z.literal('PUT'),
    url: z.url(),
    headers: z.record(z.string(), z.string()),
    expires_at: z.iso.datetime(),
  })
  .openapi('PresignedUpload');

export const registerAssets = (app: OpenAPIHono<AppEnv>, parts: HttpParts): void => {
  describe(app);
  app.post('/v1/assets', (context) => upload(context, parts));
  app.post('/v1/assets/presign', (context) => presign(context, parts));
  app.get('/v1/assets/:id', async (context) => {
    const id = idOf(context);
    const asset = await parts.intake.ready(context.get('account'), id);
    if (!asset || !isCallers(asset)) throw notFound(`The asset ${id}`);
    return context.json(await parts.presenter.asset(asset));
  });
  app.delete('/v1/assets/:id', async (context) => {
    const id = idOf(context);
    const [asset] = await parts.store.assets([{ account: context.get('account'), id }]);
    if (!asset || !isCallers(asset)) throw notFound(`The asset ${id}`);
    await parts.intake.discard(asset);
    return context.body(null, 204);
  });
};

/** What is no id of ours is not looked for: the database would refuse some of it. */
const idOf = (context: AppContext): string => {
  const id = context.req.param('id') ?? '';
  if (!/^asset_[0-9a-z]{26}$/.test(id)) throw notFound('This asset');
  return id;
};

const upload = async (context: AppContext, { intake, presenter, limits }: HttpParts): Promise<Response> => {
  using share = new BodyShare();
  const request = context.req.raw;
  const account = context.get('account');
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'multipart/form-data') {
    const { uploads } = await readMultipart(request, {
      account,
      intake: { ...intake, keep: intake.upload },
      schema: formSchema,
      maxBytes: limits.maxImageBytes + 1_048_576,
    });
    const [asset] = uploads;
    if (!asset) throw invalid([{ pointer: '/file', message: 'send the image as a file in the field "file"' }]);
    return context.json(await presenter.asset(asset), 201);
  }
  if (type !== 'application/json') throw unsupported();
  const { value, uploads } = await readJsonBody(request, {
    account,
    intake: { ...intake, keep: intake.upload },
    places: [{ path: ['url'], isList: false }],
    maxImageBytes: limits.maxImageBytes,
    images: 1,
    share,
  });
  const { url } = await parsed(uploadSchema, value, () => discardAll(intake, uploads));
  const [sent] = uploads;
  if (sent) return context.json(await presenter.asset(sent), 201);
  if (url.startsWith('asset_')) throw invalid([{ pointer: '/url', message: 'is an asset already' }]);
  const asset = await intake.uploadFrom(account, url, request.signal).catch((error: unknown) => {
    throw pointedAt('/url', error);
  });
  return context.json(await presenter.asset(asset), 201);
};

const presign = async (context: AppContext, { intake }: HttpParts): Promise<Response> => {
  using share = new BodyShare();
  if (!(context.req.header('content-type') ?? '').startsWith('application/json')) throw unsupported('application/json');
  const { content_type: contentType, bytes } = parse(presignSchema, await readJson(context.req.raw, 65_536, share));
  const { asset, upload: signed } = await intake.presign(context.get('account'), { contentType, bytes });
  const { method, url, headers, expiresAt } = signed;
  return context.json({ asset_id: asset.id, method, url, headers, expires_at: expiresAt.toISOString() }, 201);
};

const discardAll = (intake: HttpParts['intake'], uploads: readonly AssetRecord[]) =>
  Promise.allSettled(uploads.map((asset) => intake.discard(asset)));

/** What came before a mistake in the rest of the body is not kept. */
const parsed = async <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  discard: () => Promise<unknown>,
): Promise<z.infer<Schema>> => {
  try {
    return parse(schema, value);
  } catch (error) {
    await discard();
    throw error;
  }
};

const unsupported = (types = 'multipart/form-data (field "file") or application/json'): RestageError =>
  new RestageError('unsupported_media_type', `Send the body as ${types}.`);

const parse = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> => {
  const parsed = schema.safeParse(value, { error: requiredMessage });
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  return parsed.data;
};

const describe = (app: OpenAPIHono<AppEnv>): void => {
  const { openAPIRegistry: registry } = app;
  const common = { tags: ['Assets'], security };
  const params = z.object({ id: z.string() });
  registry.registerPath({
    ...common,
    method: 'post',
    path: '/v1/assets',
    operationId: 'uploadAsset',
    summary: 'Upload an image, or have it fetched',
    request: {
      body: {
        required: true,
        content: {
          'multipart/form-data': { schema: z.object({ file: z.string().openapi({ format: 'binary' }) }) },
          'application/json': { schema: uploadSchema },
        },
      },
    },
    responses: { 201: json('The asset', assetSchema), ...problems(400, 401, 408, 413, 415, 422, 503) },
  });
  registry.registerPath({
    ...common,
    method: 'post',
    path: '/v1/assets/presign',
    operationId: 'presignAsset',
    summary: 'Get a link for a direct upload to storage',
    request: { body: { required: true, content: { 'application/json': { schema: presignSchema } } } },
    responses: { 201: json('Where to PUT the file', presignedSchema), ...problems(400, 401, 408, 413, 415, 503) },
  });
  registry.registerPath({
    ...common,
    method: 'get',
    path: '/v1/assets/{id}',
    operationId: 'getAsset',
    summary: 'Read an asset',
    request: { params },
    responses: { 200: json('The asset', assetSchema), ...problems(401, 404, 422, 503) },
  });
  registry.registerPath({
    ...common,
    method: 'delete',
    path: '/v1/assets/{id}',
    operationId: 'deleteAsset',
    summary: 'Delete an asset',
    request: { params },
    responses: { 204: { description: 'It is gone' }, ...problems(401, 404) },
  });
};
