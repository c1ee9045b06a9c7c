import { enableCompileCache } from 'node:module';

// Compiled code is kept between starts.
enableCompileCache();
const { run } = await import('./run.ts');
await run();
