/** Sections as the server keeps them: the exact text that is sent, and what identifies it. */
import { toBase64Url, utf8 } from '../../lib/bytes.ts';
import { INTEGER_LIMIT } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';
import { encodeRules } from '../rules/index.ts';
import type { SectionName, SectionValues } from './payload.ts';

export interface Section {
  readonly version: number;
  /** SHA-256 of the UTF-8 of `text`, base64url. */
  readonly hash: string;
  /** JSON. */
  readonly text: string;
}

/** The version of `previous` when the value has not changed, else the next one. */
export function nextSection<S extends SectionName>(
  platform: Platform,
  name: S,
  value: SectionValues[S],
  previous: Section | undefined,
  now: number,
): Section {
  const text = JSON.stringify(name === 'rules' ? encodeRules(value as SectionValues['rules']) : value);
  const hash = hashText(platform, text);
  const same = previous?.hash === hash;
  return { version: same ? previous.version : nextSequence(previous?.version ?? 0, now), hash, text };
}

/**
 * max(last + 1, now): grows even when the clock was set back, and also after a server was rebuilt from an older
 * copy of itself. @throws RangeError at 2^52
 */
export function nextSequence(last: number, now: number): number {
  const next = Math.max(last + 1, now);
  if (!Number.isSafeInteger(next) || next >= INTEGER_LIMIT) throw new RangeError('a sequence reached 2^52');
  return next;
}

export const hashText = (platform: Platform, text: string): string =>
  toBase64Url(platform.sha256(utf8(text)));
