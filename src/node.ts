import { enableCompileCache } from 'node:module';

// Pictures are decoded on this pool, and names are looked up on it: one must not wait for the other.
process.env.UV_THREADPOOL_SIZE ??= '8';
// Compiled code is kept between starts.
enableCompileCache();
const { run } = await import('./run.ts');
await run();
