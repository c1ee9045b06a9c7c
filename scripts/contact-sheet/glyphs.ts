/** Letters of 5 by 7 dots, so that labels need no font: a column of dots per byte, the lowest bit on top. */
const glyphs: Readonly<Record<string, string>> = {
  A: '7e1111117e',
  B: '7f49494936',
  C: '3e41414122',
  D: '7f4141221c',
  E: '7f49494941',
  F: '7f09090901',
  G: '3e4149497a',
  H: '7f0808087f',
  I: '00417f4100',
  J: '2040413f01',
  K: '7f08142241',
  L: '7f40404040',
  M: '7f020c027f',
  N: '7f0408107f',
  O: '3e4141413e',
  P: '7f09090906',
  Q: '3e4151215e',
  R: '7f09192946',
  S: '4649494931',
  T: '01017f0101',
  U: '3f4040403f',
  V: '1f2040201f',
  W: '3f4038403f',
  X: '6314081463',
  Y: '0708700807',
  Z: '6151494543',
  0: '3e5149453e',
  1: '00427f4000',
  2: '4261514946',
  3: '2141454b31',
  4: '1814127f10',
  5: '2745454539',
  6: '3c4a494930',
  7: '0171090503',
  8: '3649494936',
  9: '064949291e',
  '.': '0060600000',
  ',': '0050300000',
  '-': '0808080808',
  _: '4040404040',
  ':': '0036360000',
  '/': '2010080402',
  '#': '147f147f14',
  '(': '001c224100',
  ')': '0041221c00',
  '+': '08083e0808',
};

const dot = 2;
const advance = 6 * dot;
export const lineHeight = 10 * dot;

/** Breaks at spaces so that no line is wider than `width` pixels. */
const linesOf = (text: string, width: number): readonly string[] => {
  const most = Math.max(1, Math.floor(width / advance));
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? '';
    const joined = last === '' ? word : `${last} ${word}`;
    if (joined.length <= most) lines[lines.length - 1] = joined;
    else lines.push(word.slice(0, most));
  }
  return lines;
};

/** Dark capitals on white, as raw grey pixels. */
export const lettering = (text: string, width: number, height: number): Buffer => {
  const out = Buffer.alloc(width * height, 255);
  const put = (left: number, top: number): void => {
    for (let y = top; y < Math.min(height, top + dot); y++) out.fill(40, y * width + left, y * width + left + dot);
  };
  linesOf(text.toUpperCase(), width - 2 * dot).forEach((line, row) => {
    [...line].forEach((letter, place) => {
      const columns = Buffer.from(glyphs[letter] ?? '', 'hex');
      columns.forEach((bits, x) => {
        for (let y = 0; y < 7; y++)
          if ((bits >> y) & 1) put(dot + place * advance + x * dot, row * lineHeight + dot + y * dot);
      });
    });
  });
  return out;
};
