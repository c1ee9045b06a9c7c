/** The content type of an object is told by its key's extension, so that no second file or header can disagree. */
const typeByExtension = {
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  avif: 'image/avif',
  heic: 'image/heic',
  gif: 'image/gif',
  tiff: 'image/tiff',
  glb: 'model/gltf-binary',
  json: 'application/json',
  txt: 'text/plain',
  /** Bytes whose type is not known yet, such as a direct upload before it is probed. */
  bin: 'application/octet-stream',
} as const;

const extensionByType = new Map<string, string>(
  Object.entries(typeByExtension).map(([extension, contentType]) => [contentType, extension]),
);

/** Linear, and without dots but the last one: `..`, hidden files and anything encoded cannot be spelled. */
const keyPattern = /^[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9][a-z0-9_-]*)*\.([a-z0-9]{1,8})$/;
const maxKeyLength = 512;
/** The usual limit of a file name. */
const maxWordLength = 200;

/** Null for anything that is not a key of ours. */
export const contentTypeOfKey = (key: string): string | null => {
  if (key.length > maxKeyLength || key.split('/').some((word) => word.length > maxWordLength)) return null;
  const extension = keyPattern.exec(key)?.[1];
  if (extension === undefined || !Object.hasOwn(typeByExtension, extension)) return null;
  return typeByExtension[extension as keyof typeof typeByExtension];
};

/** For making keys; throws for a content type that storage has no extension for. */
export const extensionOf = (contentType: string): string => {
  const extension = extensionByType.get(contentType);
  if (extension === undefined) throw new TypeError(`No file extension is known for the content type ${contentType}`);
  return extension;
};

/** Throws unless the key is ours and its extension says the content type. Returns the content type. */
export const checkKey = (key: string, contentType?: string): string => {
  const known = contentTypeOfKey(key);
  if (known === null) throw new TypeError(`Not a storage key: ${JSON.stringify(key)}`);
  if (contentType !== undefined && contentType !== known) {
    throw new TypeError(`The key ${key} says ${known}, not ${contentType}`);
  }
  return known;
};
