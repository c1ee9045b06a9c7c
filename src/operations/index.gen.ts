// Written by scripts/generate-index.ts (npm run generate). Do not edit.
import type { Operation } from './operation.ts';
import compose from './compose.ts';
import relight from './relight.ts';
import background from './background.ts';

/** Every operation, in the order of the documentation. */
export const operations: readonly Operation[] = [compose, relight, background];
