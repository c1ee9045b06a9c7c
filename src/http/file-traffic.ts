import { brokenOff } from './body.ts';
import { BodyShare, streamBytes } from './body-budget.ts';

type Serve = (request: Request) => Promise<Response>;

/** Of files that are read, by all who want one. */
const chunksAtOnce = 4;

/** First come, first served. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  giveBack(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/**
 * Direct uploads count like every other body that streams. Downloads take turns, chunk by chunk: a thousand at once, of
 * large files, would else keep everybody waiting.
 */
export const inTurns = (serve: Serve): Serve => {
  const turns = new Turns(chunksAtOnce);
  return async (request) => {
    if (request.method === 'PUT') {
      using share = new BodyShare();
      share.take(streamBytes);
      return await serve(request).catch((error: unknown) => {
        throw request.signal.aborted ? brokenOff(error) : error;
      });
    }
    const response = await serve(request);
    if (!response.body) return response;
    const { status, headers } = response;
    return new Response(readInTurns(response.body, turns), { status, headers });
  };
};

const readInTurns = (body: ReadableStream<Uint8Array>, turns: Turns): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  return new ReadableStream(
    {
      pull: async (controller) => {
        await turns.take();
        try {
          const { value, done } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } finally {
          turns.giveBack();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
};
