/** Landscapes: a sky, a sun, hills behind hills, water or snow in front. */
import { png } from './png.ts';
import { Random } from './random.ts';

type Colour = readonly [number, number, number];

interface Mood {
  readonly top: Colour;
  readonly horizon: Colour;
  readonly sun: Colour;
  readonly hill: Colour;
  readonly ground: Colour;
}

const moods: readonly Mood[] = [
  {
    top: [52, 110, 190],
    horizon: [190, 220, 240],
    sun: [255, 250, 220],
    hill: [40, 90, 60],
    ground: [90, 140, 60],
  },
  {
    top: [40, 30, 80],
    horizon: [250, 140, 80],
    sun: [255, 220, 140],
    hill: [40, 30, 60],
    ground: [60, 50, 90],
  },
  {
    top: [120, 140, 160],
    horizon: [220, 225, 230],
    sun: [245, 245, 245],
    hill: [80, 100, 110],
    ground: [230, 235, 240],
  },
  {
    top: [10, 12, 40],
    horizon: [40, 60, 110],
    sun: [230, 235, 255],
    hill: [8, 14, 30],
    ground: [14, 30, 60],
  },
  {
    top: [90, 170, 210],
    horizon: [250, 230, 200],
    sun: [255, 255, 240],
    hill: [150, 110, 70],
    ground: [30, 110, 140],
  },
];

export function pictures(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const random = new Random('pictures');
  const day = Date.UTC(2026, 3, 3);
  for (let i = 0; i < 30; i++) {
    const taken = new Date(
      day + (i * 7 + random.int(0, 5)) * 86_400_000 + random.int(6 * 3600, 21 * 3600) * 1000,
    );
    const stamp = taken.toISOString().replace(/\D/g, '');
    const name = `IMG_${stamp.slice(0, 8)}_${stamp.slice(8, 14)}.png`;
    const summer = taken.getUTCMonth() === 6;
    files.set(summer ? `Summer/${name}` : name, landscape(new Random(name)));
  }
  return files;
}

function landscape(random: Random): Buffer {
  const upright = random.chance(0.3);
  const [width, height] = upright ? [120, 160] : [160, 120];
  const mood = random.pick(moods);
  const horizon = height * (0.45 + random.next() * 0.2);
  const sun = {
    x: width * random.next(),
    y: horizon * (0.2 + 0.6 * random.next()),
    r: 4 + random.next() * 9,
  };
  const ridges = [
    ridge(random, horizon, 0.16),
    ridge(random, horizon * 1.1, 0.1),
    ridge(random, horizon * 1.2, 0.05),
  ];
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let colour = mix(mood.top, mood.horizon, Math.min(1, y / horizon));
      const glow = Math.exp(-(((x - sun.x) ** 2 + (y - sun.y) ** 2) / (sun.r * sun.r * 4)));
      colour = mix(colour, mood.sun, glow);
      ridges.forEach((at, i) => {
        if (y > at(x / width)) colour = mix(mood.horizon, i === 2 ? mood.ground : mood.hill, 0.5 + 0.25 * i);
      });
      const grain = (random.next() - 0.5) * 14;
      rgb.set(
        colour.map((value) => Math.max(0, Math.min(255, Math.round(value + grain)))),
        (y * width + x) * 3,
      );
    }
  }
  return png(width, height, rgb);
}

/** The height of a chain of hills at `x` from 0 to 1. */
function ridge(random: Random, base: number, rough: number): (x: number) => number {
  const waves = [1, 2, 5, 11].map((n) => ({
    n,
    phase: random.next() * 7,
    size: (rough * (0.5 + random.next())) / n,
  }));
  return (x) =>
    base * (1 + waves.reduce((sum, wave) => sum + wave.size * Math.sin(wave.n * 4 * x + wave.phase), 0));
}

const mix = (a: Colour, b: Colour, part: number): Colour => [
  a[0] + (b[0] - a[0]) * part,
  a[1] + (b[1] - a[1]) * part,
  a[2] + (b[2] - a[2]) * part,
];
