import type { MessagePort } from 'node:worker_threads';
import { LocalFailure } from './failure.ts';
import { type Loaded, load } from './picture.ts';
import { seeded } from './seeded.ts';
import type { Wire } from './wire.ts';

/** What the main thread hands to a worker. */
export interface Task {
  readonly wire: Wire;
  /** By reference, e.g. `garment#1`. */
  readonly images: Readonly<Record<string, Uint8Array>>;
  /** 0-based. */
  readonly picture: number;
  readonly port: MessagePort;
}

export type Answer =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly ok: false; readonly code: LocalFailure['code']; readonly message: string };

/** A job while it runs in the worker. */
export interface Job<W extends Wire> {
  readonly wire: W;
  /** `share` is how much of the result's side the picture will fill at most. */
  readonly load: (reference: { image: string }, share?: number) => Promise<Loaded>;
  /** Pictures are worked out no larger than this; larger results are enlarged at the end. */
  readonly side: number;
  readonly progress: (fraction: number) => void;
  /** -1 to 1: how the result differs from the plain one; 0 for the first picture without a seed. */
  readonly vary: () => number;
  readonly seed: number;
}

const largest = 2048;

const names: Readonly<Record<string, string>> = {
  image: 'image',
  person: 'person',
  garment: 'garments',
  place: 'place',
};

/** The field a reference came from, in the caller's words. */
export const fieldOf = (reference: string): string => {
  const [role = '', index = '0'] = reference.split('#');
  return role === 'garment' ? `garments[${index}]` : (names[role] ?? role);
};

export const openJob = <W extends Wire>(wire: W, task: Task): Job<W> => {
  const plain = wire.seed === null && task.picture === 0;
  const seed = (wire.seed ?? 0) + task.picture * 7919;
  const next = seeded(seed);
  const side = Math.min(largest, wire.side ?? 1536);
  const loaded = new Map<string, Promise<Loaded>>();
  return {
    wire,
    side,
    load: ({ image }, share = 1) => {
      const bytes = task.images[image];
      if (bytes === undefined) throw new LocalFailure('unprocessable_image', `${fieldOf(image)} is missing.`);
      const known = loaded.get(image) ?? load(bytes, Math.round(Math.max(side, 1024) * share), fieldOf(image));
      loaded.set(image, known);
      return known;
    },
    progress: (fraction) => task.port.postMessage(fraction),
    vary: () => (plain ? 0 : next() * 2 - 1),
    seed,
  };
};
