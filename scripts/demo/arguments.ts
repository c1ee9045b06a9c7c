import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { reasonOf, UsageError } from './faults.ts';

export interface Picture {
  /** As the user named it. */
  readonly path: string;
  readonly file: File;
}

export interface Arguments {
  readonly help: boolean;
  readonly keep: boolean;
  readonly out: string;
  readonly person: Picture | undefined;
  readonly garments: readonly Picture[];
  readonly place: Picture | undefined;
  readonly image: Picture | undefined;
}

export const helpText = `Restage demo: a gateway on this machine composes, relights and re-backgrounds pictures.

  npm run demo                                          with pictures that it draws itself
  npm run demo -- --person me.jpg --garment shirt.png   with yours (mind the -- before the options)

  --person FILE    who is composed into the place
  --garment FILE   what the person wears; repeat it for more
  --place FILE     where the person stands
  --image FILE     what is relit and gets a new background (default: the person, if you gave one)
  --out DIR        where the results go (default: restage-demo)
  --keep           leave the gateway up until Ctrl-C, to try its API
  -h, --help       this text

JPEG, PNG, WebP, AVIF, GIF and TIFF. Nothing leaves this machine, and nothing but the results stays on it.`;

const options = {
  person: { type: 'string' },
  garment: { type: 'string', multiple: true, default: [] as string[] },
  place: { type: 'string' },
  image: { type: 'string' },
  out: { type: 'string', default: 'restage-demo' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Files are read here, so that a wrong one is told before anything starts, and a result may replace its own input. */
export const readArguments = async (given: readonly string[]): Promise<Arguments> => {
  const { person, garment, place, image, out, keep, help } = parse(given);
  if (help) return { help, keep, out, person: undefined, garments: [], place: undefined, image: undefined };
  if (out === '') throw new UsageError('--out needs the name of a folder.');
  const [readPerson, readPlace, readImage, ...garments] = await Promise.all([
    optional('--person', person),
    optional('--place', place),
    optional('--image', image),
    ...garment.map((path) => readPicture('--garment', path)),
  ]);
  return { help, keep, out, person: readPerson, garments, place: readPlace, image: readImage };
};

const parse = (given: readonly string[]) => {
  try {
    return parseArgs({ args: [...given], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [said = message] = message.split(/\. |\n/);
    const hint =
      code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
        ? 'Each file needs its option, and npm needs -- before the first: npm run demo -- --person me.jpg.'
        : 'All options: npm run demo -- --help.';
    throw new UsageError(`${said.replace(/\.$/, '')}. ${hint}`);
  }
};

const optional = (option: string, path: string | undefined): Promise<Picture | undefined> =>
  path === undefined ? Promise.resolve(undefined) : readPicture(option, path);

export const readPicture = async (option: string, path: string): Promise<Picture> => {
  try {
    return { path, file: new File([await readFile(path)], basename(path)) };
  } catch (error) {
    throw new UsageError(`${option}: cannot read "${path}": ${reasonOf(error)}. Give the path of a picture.`);
  }
};
