import type { JobView } from '../../src/operations/job.ts';
import { DemoError } from './faults.ts';
import type { DemoRequest } from './requests.ts';

/** Sends the request as a form, pictures as files, and returns the accepted job. */
export const createJob = async (url: string, request: DemoRequest, signal: AbortSignal): Promise<JobView> => {
  const form = new FormData();
  form.append('input', JSON.stringify(request.input));
  for (const [field, { file }] of request.pictures) form.append(field, file);
  const answer = await fetch(`${url}/v1/${request.operation}`, { method: 'POST', body: form, signal });
  if (answer.status !== 202)
    throw new DemoError(`${request.operation} was refused: ${await problemOf(answer, request)}`);
  return (await answer.json()) as JobView;
};

/** The job at each change, by server-sent events, until it has ended. */
export async function* followJob(job: JobView, signal: AbortSignal): AsyncGenerator<JobView> {
  const answer = await fetch(job.urls.events, { headers: { accept: 'text/event-stream' }, signal });
  if (!answer.ok || !answer.body) throw new DemoError(`The events of ${job.operation} answered ${answer.status}.`);
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = event.split('\n').filter((line) => line.startsWith('data: '));
      if (data.length > 0) yield JSON.parse(data.map((line) => line.slice(6)).join('\n')) as JobView;
    }
  }
}

/** The bytes of the job's picture. */
export const fetchResult = async (job: JobView, signal: AbortSignal): Promise<Uint8Array> => {
  const [output] = job.outputs;
  if (!output) throw new DemoError(`${job.operation} succeeded without a picture.`);
  const answer = await fetch(output.url, { signal });
  if (!answer.ok) throw new DemoError(`The picture of ${job.operation} answered ${answer.status}.`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length !== output.bytes) {
    throw new DemoError(`The picture of ${job.operation} has ${bytes.length} bytes instead of ${output.bytes}.`);
  }
  return bytes;
};

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

/** Code, message and each fault, beside the file that the user gave for it. */
const problemOf = async (answer: Response, { pictures }: DemoRequest): Promise<string> => {
  const { code, detail, errors = [] } = (await answer.json().catch(() => ({}))) as Problem;
  const faults = errors.map(({ pointer, message }) => `${pointer} ${message}`);
  const sent = pictures.map(([field, { path }]) => `${field} ${path}`).join(', ');
  return `${code ?? answer.status}: ${[detail, ...faults].filter(Boolean).join(' ')} (sent: ${sent})`;
};
