/**
 * libheif with libde265 as WebAssembly, https://github.com/strukturag/libheif: sharp's own libheif comes without HEVC.
 * Every picture gets an instance of its own, so that what a hostile one leaves behind meets no other.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import factory from 'libheif-js/libheif-wasm/libheif.js';

/** An address in `HEAPU8`; null is 0. */
export type Pointer = number;

/** What is used of libheif's C interface. Functions that can fail write their `heif_error` to the first argument. */
interface Exports {
  /** Views of the memory; new ones each time that it grows. */
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): Pointer;
  _heif_context_alloc(): Pointer;
  _heif_context_get_security_limits(context: Pointer): Pointer;
  _heif_context_read_from_memory_without_copy(
    error: Pointer,
    context: Pointer,
    bytes: Pointer,
    length: number,
    options: Pointer,
  ): void;
  _heif_context_get_number_of_top_level_images(context: Pointer): number;
  _heif_context_get_primary_image_handle(error: Pointer, context: Pointer, handle: Pointer): void;
  _heif_image_handle_get_width(handle: Pointer): number;
  _heif_image_handle_get_height(handle: Pointer): number;
  _heif_image_handle_has_alpha_channel(handle: Pointer): number;
  _heif_image_handle_is_premultiplied_alpha(handle: Pointer): number;
  _heif_image_handle_get_image_tiling(error: Pointer, handle: Pointer, transformed: number, tiling: Pointer): void;
  _heif_image_handle_get_raw_color_profile_size(handle: Pointer): number;
  _heif_image_handle_get_raw_color_profile(error: Pointer, handle: Pointer, profile: Pointer): void;
  _heif_image_handle_get_nclx_color_profile(error: Pointer, handle: Pointer, profile: Pointer): void;
  _heif_decoding_options_alloc(): Pointer;
  _heif_decode_image(
    error: Pointer,
    handle: Pointer,
    image: Pointer,
    colourSpace: number,
    chroma: number,
    options: Pointer,
  ): void;
  _heif_image_get_decoding_warnings(image: Pointer, first: number, target: Pointer, most: number): number;
  _heif_image_get_width(image: Pointer, channel: number): number;
  _heif_image_get_height(image: Pointer, channel: number): number;
  _heif_image_get_plane_readonly(image: Pointer, channel: number, stride: Pointer): Pointer;
}

type FailingCall = {
  [Name in keyof Exports]: Exports[Name] extends (error: Pointer, ...rest: infer _) => void ? Name : never;
}[keyof Exports];

export interface HeifLibrary {
  readonly heif: Exports;
  /** Bytes that last as long as the instance. */
  allocate(bytes: number): Pointer;
  /** The unsigned number of four bytes there. */
  read(at: Pointer): number;
  /** Calls a function that can fail, without its first argument. */
  attempt(name: FailingCall, ...parameters: number[]): void;
}

/** What is used of WebAssembly; its types would come with those of the browser alone. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
type Instance = { readonly exports: Readonly<Record<string, unknown>> };
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => Instance;
  readonly Memory: { readonly prototype: Memory };
};

interface ModuleOptions {
  instantiateWasm(imports: object, done: (instance: Instance) => void): Instance['exports'];
  onAbort(reason: unknown): void;
  print(text: string): void;
  printErr(text: string): void;
}

const load = factory as unknown as (options: ModuleOptions) => Exports;
const pageBytes = 65_536;
/** A photo of 48 Mpx takes 330 MB. */
const mostMemoryBytes = 400 * 1024 * 1024;

let compiled: object | undefined;
const compile = (): object => {
  const path = createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.wasm');
  return new WebAssembly.Module(readFileSync(path));
};

const isMemory = (value: unknown): value is Memory =>
  Object.prototype.toString.call(value) === '[object WebAssembly.Memory]';

/** Past the limit the library is told that there is no memory left. */
const bound = (exports: Instance['exports']): void => {
  for (const memory of Object.values(exports)) {
    if (!isMemory(memory)) continue;
    memory.grow = (pages) => {
      if (memory.buffer.byteLength + pages * pageBytes > mostMemoryBytes) throw new RangeError('no memory left');
      return WebAssembly.Memory.prototype.grow.call(memory, pages);
    };
  }
};

export const loadHeifLibrary = (): HeifLibrary => {
  compiled ??= compile();
  const module = compiled;
  const heif = load({
    instantiateWasm: (imports, done) => {
      const instance = new WebAssembly.Instance(module, imports);
      bound(instance.exports);
      done(instance);
      return instance.exports;
    },
    // Without this, the module rejects a promise that nobody has, which would end the process.
    onAbort: (reason) => {
      throw new Error(`libheif gave up: ${reason}`);
    },
    print: () => {},
    printErr: () => {},
  });
  const read = (at: Pointer): number => heif.HEAPU32[at >> 2] ?? 0;
  const allocate = (bytes: number): Pointer => {
    const at = heif._malloc(bytes);
    if (at === 0) throw new Error('libheif has no memory left');
    return at;
  };
  const error = allocate(12);
  return {
    heif,
    allocate,
    read,
    attempt: (name, ...parameters) => {
      (heif[name] as (...all: number[]) => void)(error, ...parameters);
      if (read(error) === 0) return;
      const text = heif.HEAPU8.subarray(read(error + 8));
      throw new Error(`libheif: ${new TextDecoder().decode(text.subarray(0, text.indexOf(0)))}`);
    },
  };
};
