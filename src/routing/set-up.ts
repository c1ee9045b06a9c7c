import { ConfigError, type Environment, type GatewayConfig } from '../config.ts';
import type { Provider } from '../provider.ts';
import type { Backend } from './backend.ts';
import type { Routing } from './choose.ts';

/** Which providers are on, the operator's backends of them, and the routes; whatever cannot work is an error that says what. */
export const setUpRouting = (
  providers: readonly Provider[],
  environment: Environment,
  config: GatewayConfig,
): Routing => {
  const own = providers.flatMap((provider) => backendOf(provider, environment, config) ?? []);
  const named = Object.entries(config.backends).map(([name, { provider: id, options = {} }]) => {
    const base = own.find((backend) => backend.name === id);
    if (!base)
      throw new ConfigError(
        `backends.${name}: the provider ${JSON.stringify(id)} is not on. On are: ${own.map((each) => each.name).join(', ')}.`,
      );
    checkOptions(`backends.${name}.options`, base.provider, options);
    return { ...base, name, options };
  });
  const backends = [...own.filter(({ name }) => !(name in config.backends)), ...named];
  checkRoutes(backends, config);
  return { backends, routes: config.routes };
};

const backendOf = (provider: Provider, environment: Environment, config: GatewayConfig): Backend | null => {
  const variables = provider.environment ?? [];
  const set = Object.fromEntries(
    variables.flatMap((key) => (environment[key]?.trim() ? [[key, environment[key]]] : [])),
  );
  const { concurrency, ...fromFile } = config.providers[provider.id] ?? {};
  if (variables.length > 0 && Object.keys(set).length === 0) {
    if (!(provider.id in config.providers)) return null;
    throw new ConfigError(
      `providers.${provider.id}: the provider is off. Set ${variables.join(', ')}, or remove this part.`,
    );
  }
  const settings = provider.settings.safeParse({ ...fromFile, ...set });
  if (!settings.success) {
    const problems = settings.error.issues.map(({ path, message }) => `${path.join('.') || provider.id}: ${message}`);
    throw new ConfigError(`The provider ${provider.id} is set up only in part.\n${problems.join('\n')}`);
  }
  return {
    name: provider.id,
    provider,
    settings: settings.data,
    options: {},
    concurrency: concurrency ?? provider.manifest.concurrency,
  };
};

const checkOptions = (where: string, provider: Provider, options: Readonly<Record<string, unknown>>): void => {
  const parsed = provider.options.safeParse(options);
  if (parsed.success) return;
  throw new ConfigError(
    parsed.error.issues
      .map(({ path, message }) => `${where}${path.map((each) => `.${String(each)}`).join('')}: ${message}`)
      .join('\n'),
  );
};

const checkRoutes = (backends: readonly Backend[], { routes, providers }: GatewayConfig): void => {
  const names = backends.map(({ name }) => name);
  for (const [operation, { use }] of Object.entries(routes)) {
    const able = backends.filter(({ provider }) => operation in provider.manifest.operations).map(({ name }) => name);
    if (able.length === 0) throw new ConfigError(`routes.${operation}: no backend that is on does this operation.`);
    for (const name of use) {
      if (!names.includes(name))
        throw new ConfigError(
          `routes.${operation}.use: there is no backend ${JSON.stringify(name)}. There are: ${names.join(', ')}.`,
        );
      if (!able.includes(name))
        throw new ConfigError(
          `routes.${operation}.use: ${name} does not do ${operation}. Those that do: ${able.join(', ')}.`,
        );
    }
  }
  for (const id of Object.keys(providers)) {
    if (!backends.some(({ provider }) => provider.id === id))
      throw new ConfigError(`providers.${id}: there is no such provider, or it is off.`);
  }
};
