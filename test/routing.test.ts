import { expect, it } from 'vitest';
import local from '../providers/local/index.ts';
import relight from '../src/operations/relight.ts';
import type { Provider } from '../src/provider.ts';
import { choose, type Routing } from '../src/routing/choose.ts';
import { scriptedProvider } from './support/scripted/provider.ts';

const routing = (providers: readonly Provider[]): Routing => ({
  backends: providers.map((provider) => ({ name: provider.id, provider, settings: {}, options: {}, concurrency: 1 })),
  routes: {},
});
const fields = { image: 'https://example.com/a.jpg', light: { direction: 'left' } };
const images = [{ role: 'image', index: 0, source: fields.image }];
const scripted = scriptedProvider('scripted', 'at_most_once');

it('local does the work where nothing else is set up', () => {
  expect(choose(routing([local]), relight, fields, images, null).backend.name).toBe('local');
});

it('local stays out of the way of others unless it is named', () => {
  const both = routing([local, scripted]);
  expect(choose(both, relight, fields, images, null).eligible).toEqual(['scripted']);
  expect(choose(both, relight, fields, images, ['local']).eligible).toEqual(['local']);
});
