import { enableCompileCache, registerHooks } from 'node:module';

// Pictures are decoded on this pool, and names are looked up on it: one must not wait for the other.
process.env.UV_THREADPOOL_SIZE ??= '8';
// Node parses a package's package.json once for each of its modules, and Drizzle's has 180 KB: 300 ms of each start.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('.') && context.parentURL?.includes('/node_modules/drizzle-orm/')
      ? { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
      : next(specifier, context),
});
// Compiled code is kept between starts.
enableCompileCache();
const { run } = await import('./run.ts');
await run();
