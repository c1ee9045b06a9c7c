import { createRequire } from 'node:module';

/** The part of OpenCV we call; its own types cover the whole library and cost seconds of type checking. */
interface OpenCvMat {
  readonly data: Uint8Array;
  readonly data32S: Int32Array;
  readonly data32F: Float32Array;
  delete(): void;
}

export interface OpenCv {
  readonly Mat: new (rows?: number, columns?: number, type?: number) => OpenCvMat;
  readonly Rect: new (x: number, y: number, width: number, height: number) => object;
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly CV_32F: number;
  readonly CV_32S: number;
  readonly DIST_L2: number;
  readonly GC_INIT_WITH_MASK: number;
  setRNGSeed(seed: number): void;
  grabCut(
    picture: OpenCvMat,
    mask: OpenCvMat,
    rect: object,
    background: OpenCvMat,
    foreground: OpenCvMat,
    iterations: number,
    mode: number,
  ): void;
  connectedComponentsWithStats(
    mask: OpenCvMat,
    labels: OpenCvMat,
    stats: OpenCvMat,
    centroids: OpenCvMat,
    connectivity: number,
    type: number,
  ): number;
  distanceTransform(mask: OpenCvMat, distances: OpenCvMat, type: number, maskSize: number): void;
}

let loading: Promise<OpenCv> | undefined;

/** Compiles the WebAssembly (about 0.2 s) the first time it is needed in this thread. */
export const openCv = (): Promise<OpenCv> => {
  loading ??= (createRequire(import.meta.url)('@opencvjs/node') as { loadOpenCV(): Promise<OpenCv> }).loadOpenCV();
  return loading;
};

/** Runs with matrices of the WebAssembly heap and frees them whatever happens: nothing else does. */
export const withMats = <Result>(run: (keep: <M extends OpenCvMat>(mat: M) => M) => Result): Result => {
  const kept: OpenCvMat[] = [];
  try {
    return run((mat) => {
      kept.push(mat);
      return mat;
    });
  } finally {
    for (const mat of kept) mat.delete();
  }
};
