/** One file of the corpus. It is made when it is needed: together they would take gigabytes. */
export interface Specimen {
  readonly name: string;
  readonly make: () => Buffer | Promise<Buffer>;
}

export const specimen = (name: string, make: Specimen['make']): Specimen => ({ name, make });

/** A file cut off at each tenth of its length. */
export const truncations = (name: string, whole: Specimen['make']): Specimen[] =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenths) =>
    specimen(`${name} cut off at ${tenths} tenths`, async () => {
      const bytes = await whole();
      return bytes.subarray(0, Math.floor((bytes.byteLength * tenths) / 10));
    }),
  );
