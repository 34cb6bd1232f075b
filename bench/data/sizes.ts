import type { Kind } from './items.ts';

/** How many small items, recordings of 200 kB and photos of 2 MB; or the bytes of one single file. */
export interface Amounts {
  readonly small: number;
  readonly recordings: number;
  readonly photos: number;
  readonly single?: number;
}

export const sizes = {
  xs: { small: 400, recordings: 1, photos: 1 },
  s: { small: 12_000, recordings: 0, photos: 7 },
  m: { small: 60_000, recordings: 50, photos: 105 },
  goal: { small: 100_000, recordings: 0, photos: 50 },
  '10k': { small: 10_000, recordings: 0, photos: 0 },
  '100k': { small: 100_000, recordings: 0, photos: 0 },
  '1m': { small: 1_000_000, recordings: 0, photos: 0 },
  single: { small: 0, recordings: 0, photos: 0, single: 5_000_000_000 },
} as const satisfies Readonly<Record<string, Amounts>>;

export type Size = keyof typeof sizes;

/** Of 100 small items 60 are messages, 15 mails, 10 contacts, 10 events, 5 memos. */
const SHARES: readonly (readonly [Kind, number])[] = [
  ['messages', 0.6],
  ['mail', 0.15],
  ['contacts', 0.1],
  ['calendar', 0.1],
  ['memos', 0.05],
];

export const countsOf = ({
  small,
  recordings,
  photos,
  single,
}: Amounts): readonly (readonly [Kind, number])[] =>
  [
    ...SHARES.map(([kind, share]) => [kind, Math.round(small * share)] as const),
    ['recordings', recordings] as const,
    ['photos', photos] as const,
    ['chats', single === undefined ? 0 : 1] as const,
  ].filter(([, count]) => count > 0);
