import { background } from './background.ts';
import { compose } from './compose.ts';
import { LocalFailure } from './failure.ts';
import { type Answer, openJob, type Task } from './job.ts';
import { encode } from './picture.ts';
import type { Raster } from './raster.ts';
import { relight } from './relight.ts';

const draw = (task: Task): Promise<Raster> => {
  const { wire } = task;
  if (wire.operation === 'relight') return relight(openJob(wire, task));
  if (wire.operation === 'background') return background(openJob(wire, task));
  return compose(openJob(wire, task));
};

/** One picture, in a worker thread. Failures the caller can act on come back as values: classes do not survive. */
export default async (task: Task): Promise<Answer> => {
  try {
    const picture = await draw(task);
    task.port.postMessage(0.9);
    const bytes = await encode(picture, { format: task.wire.format, side: task.wire.side });
    return { ok: true, bytes, contentType: `image/${task.wire.format}` };
  } catch (error) {
    if (!(error instanceof LocalFailure)) throw error;
    return { ok: false, code: error.code, message: error.message };
  } finally {
    task.port.close();
  }
};
