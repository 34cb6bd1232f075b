import { type Argon2Parameters, argon2, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fromBase64Url, toBase64Url, utf8 } from '../../../lib/bytes.ts';

const derive = promisify(argon2);

/** RFC 9106 §4: argon2id; memory in KiB. The token has 256 random bits, so this is a second belt only. */
const COST = { parallelism: 1, memory: 19456, passes: 2, tagLength: 32 };

/** A new token: 32 random bytes as base64url. */
export const newAdminToken = (): string => toBase64Url(randomBytes(32));

/** What is stored of a token: JSON of cost, nonce and tag. */
export async function hashAdminToken(token: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive('argon2id', parameters(token, nonce, COST));
  return JSON.stringify({ ...COST, nonce: toBase64Url(nonce), tag: toBase64Url(tag) });
}

export interface TokenCheck {
  /** Whether this very token passed before: costs next to nothing. */
  passed(token: string): boolean;
  /** @param before called when its turn has come: throws when it is not to be checked any more */
  check(token: string, before?: () => void): Promise<boolean>;
}

/**
 * Checks tokens against a stored hash. A token that passed once is remembered by its SHA-256 for the life of the
 * process, so that not each request costs an argon2; a wrong one is never remembered. Wrong ones are checked one
 * after the other: many of them at once must not take the memory.
 */
export function tokenCheck(stored: string): TokenCheck {
  const { nonce, tag, ...cost } = JSON.parse(stored) as typeof COST & { nonce: string; tag: string };
  const expected = fromBase64Url(tag);
  let passed: Uint8Array | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const known = (digest: Uint8Array): boolean => passed !== undefined && timingSafeEqual(passed, digest);
  return {
    passed: (token) => known(hash('sha256', token, 'buffer')),
    async check(token, before) {
      const digest = hash('sha256', token, 'buffer');
      if (known(digest)) return true;
      const turn = queue.then(() => {
        if (known(digest)) return expected;
        before?.();
        return derive('argon2id', parameters(token, fromBase64Url(nonce), cost));
      });
      queue = turn.catch(() => undefined);
      if (!timingSafeEqual(expected, await turn)) return false;
      passed = digest;
      return true;
    },
  };
}

const parameters = (token: string, nonce: Uint8Array, cost: typeof COST): Argon2Parameters => ({
  ...cost,
  message: utf8(token),
  nonce,
});
