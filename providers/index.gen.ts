// Written by scripts/generate-index.ts (npm run generate). Do not edit.
import type { Provider } from '../src/provider.ts';
import local from './local/index.ts';

/** Every provider, in the order of the documentation. */
export const providers: readonly Provider[] = [local];
