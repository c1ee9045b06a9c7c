import sharp from 'sharp';
import { type Loaded, load } from '../../../providers/local/picture.ts';
import type { Plane } from '../../../providers/local/raster.ts';
import { seeded } from '../../../providers/local/seeded.ts';

export const canvas = { width: 600, height: 900 } as const;

const svg = (body: string, { width, height }: { width: number; height: number } = canvas): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`);

const skin = '#d59a76';

interface Figure {
  readonly top: 'shirt' | 'straps';
  /** Head to feet, with room around; else cut by the frame at the hips. */
  readonly standing: boolean;
  /** Legs drawn to one side, as of one who sits. */
  readonly sitting?: boolean;
}

const head = `<ellipse cx="300" cy="180" rx="62" ry="80" fill="${skin}"/>
  <path d="M236 176 C230 80 370 80 364 176 C350 120 250 120 236 176Z" fill="#3a2417"/>
  <rect x="272" y="240" width="56" height="70" fill="${skin}"/>
  <ellipse cx="276" cy="172" rx="9" ry="5" fill="#222"/><ellipse cx="324" cy="172" rx="9" ry="5" fill="#222"/>
  <path d="M280 222 H320" stroke="#a5554a" stroke-width="7"/>`;
const arms = `<path d="M172 330 C150 420 140 520 146 640 H190 C192 540 200 460 222 380Z M428 330 C450 420 460 520 454 640
  H410 C408 540 400 460 378 380Z" fill="${skin}"/>`;
const tops = {
  straps: `<path d="M200 300 C230 300 250 290 262 286 C280 350 320 350 338 286 C350 290 370 300 400 300 C420 360 396 420
    392 470 L396 600 H204 L208 470 C204 420 180 360 200 300Z" fill="#f4f6f8"/>`,
  shirt: `<path d="M262 286 C220 300 180 305 168 330 L150 460 H206 L204 600 H396 L394 460 H450 L432 330 C420 305 380 300
    338 286 C320 330 280 330 262 286Z" fill="#3f7f4a"/>`,
} as const;
const chest = `<path d="M200 300 C230 296 250 290 268 284 H332 C350 290 370 296 400 300 L396 470 H204Z" fill="${skin}"/>`;
const shoulders = `<path d="M172 332 C176 306 220 302 262 288 H338 C380 302 424 306 428 332 L392 420 H208Z" fill="${skin}"/>`;
const trousers = '<path d="M204 592 H396 L400 900 H310 L302 700 H298 L290 900 H200Z" fill="#2c3b5e"/>';

const seat =
  '<path d="M204 592 H396 L590 640 L580 740 L400 720 L420 900 H300 L290 720 L30 730 L20 640Z" fill="#2c3b5e"/>';

/** A person on nothing: its transparency is the truth that cut-outs are held against. */
export const figure = ({ top, standing, sitting = false }: Figure): Buffer => {
  const person = `${arms}${shoulders}${chest}${sitting ? seat : trousers}${tops[top]}${head}`;
  return svg(standing ? `<g transform="translate(120 60) scale(0.6 0.86)">${person}</g>` : person);
};

const grounds = {
  plain:
    '<defs><linearGradient id="g" y2="1"><stop stop-color="#cfd6da"/><stop offset="1" stop-color="#a4b0b8"/></linearGradient></defs><rect width="600" height="900" fill="url(#g)"/>',
  green: '<rect width="600" height="900" fill="#18d048"/>',
} as const;

/** Blurred patches of many colours: a ground out of focus. */
const garden = (): string => {
  const next = seeded(11);
  const patches = Array.from({ length: 60 }, () => {
    const [x, y, r] = [next() * 600, next() * 900, 30 + next() * 70];
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="hsl(${80 + next() * 110} ${20 + next() * 40}% ${22 + next() * 45}%)"/>`;
  });
  return `<defs><filter id="b"><feGaussianBlur stdDeviation="14"/></filter></defs><rect width="600" height="900" fill="#5c7a64"/><g filter="url(#b)">${patches.join('')}</g>`;
};

/** The column of the post, in pixels. */
export const post = { left: 60, right: 110 } as const;
const postOf = `<rect x="${post.left}" width="${post.right - post.left}" height="900" fill="#8d5540"/><rect x="${post.left + 12}" width="9" height="900" fill="#a86a50"/>`;

export type Ground = keyof typeof grounds | 'garden' | 'post';

export const groundOf = (ground: Ground): Promise<Buffer> => {
  const body = ground === 'garden' ? garden() : ground === 'post' ? garden() + postOf : grounds[ground];
  return sharp(svg(body)).png().toBuffer();
};

/** The figure before a ground, and its true transparency. */
export const sceneOf = async (person: Buffer, ground: Ground): Promise<{ scene: Loaded; truth: Plane }> => {
  const bytes = await sharp(await groundOf(ground))
    .composite([{ input: person }])
    .removeAlpha()
    .png()
    .toBuffer();
  const { alpha } = await load(await sharp(person).png().toBuffer(), 1024, 'figure');
  if (alpha === undefined) throw new Error('the figure covers everything');
  return { scene: await load(bytes, 1024, 'scene'), truth: alpha };
};

const garmentShapes = {
  top: '<path d="M300 160 Q400 230 500 160 L640 220 L720 460 L620 500 L580 400 L590 880 H210 L220 400 L180 500 L80 460 L160 220Z" fill="#c8281e"/>',
  trousers: '<path d="M250 80 H550 L600 1020 H440 L405 380 H395 L360 1020 H200Z" fill="#d8b020"/>',
  skirt: '<path d="M280 200 H520 Q560 500 640 850 Q400 930 160 850 Q240 500 280 200Z" fill="#b03048"/>',
  dress: '<path d="M290 60 H330 Q400 240 470 60 H510 L530 330 L600 1040 H200 L270 330Z" fill="#c020b0"/>',
} as const;

export type GarmentName = keyof typeof garmentShapes;

/** A garment laid out on white paper. */
export const garmentPicture = (name: GarmentName): Promise<Buffer> =>
  sharp(svg(`<rect width="800" height="1100" fill="#f6f6f4"/>${garmentShapes[name]}`, { width: 800, height: 1100 }))
    .png()
    .toBuffer();

/** Pictures in which nothing stands out. */
export const nothing = {
  'a flat wall': () => sharp(svg('<rect width="600" height="900" fill="#8a8f94"/>')).png().toBuffer(),
  'a shaded wall': () => groundOf('plain'),
  noise: () => {
    const next = seeded(3);
    const data = Buffer.from(Array.from({ length: 300 * 400 * 3 }, () => Math.floor(next() * 256)));
    return sharp(data, { raw: { width: 300, height: 400, channels: 3 } })
      .png()
      .toBuffer();
  },
  bricks: () =>
    sharp(
      svg(
        Array.from({ length: 460 }, (_, k) => {
          const row = Math.floor(k / 20);
          return `<rect x="${(k % 20) * 32 - (row % 2) * 16}" y="${row * 40}" width="29" height="37" fill="hsl(${10 + (k % 7) * 3} 50% ${35 + ((row * 7) % 12)}%)"/>`;
        }).join(''),
      ),
    )
      .flatten({ background: '#bbb' })
      .png()
      .toBuffer(),
  stripes: () =>
    sharp(
      svg(
        Array.from({ length: 20 }, (_, k) => `<rect x="${k * 30}" width="15" height="900" fill="#aa3333"/>`).join(''),
      ),
    )
      .flatten({ background: '#ddd' })
      .png()
      .toBuffer(),
  'an empty transparent picture': () => sharp(svg('')).png().toBuffer(),
} as const;
