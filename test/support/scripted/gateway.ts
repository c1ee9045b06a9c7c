/** The gateway as its own process, with the scripted providers: what chaos tests kill. */
import { run } from '../../../src/run.ts';
import { scriptedProviders } from './provider.ts';

await run(scriptedProviders);
