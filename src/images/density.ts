const headerBytes = 33;
const densityBytes = 21;

/**
 * sharp carries over into PNG how large a pixel was to be printed: eight bytes that may say anything. Takes them out of
 * what it has just written, in place; all else comes back as it is.
 */
export const withoutDensity = (encoded: Buffer): Buffer => {
  if (encoded.toString('latin1', headerBytes + 4, headerBytes + 8) !== 'pHYs') return encoded;
  encoded.copyWithin(densityBytes, 0, headerBytes);
  return encoded.subarray(densityBytes);
};
