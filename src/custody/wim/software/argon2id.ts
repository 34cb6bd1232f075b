import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { utf8 } from '../../../lib/bytes.ts';

/** Costs of argon2id (RFC 9106). */
export interface Argon2idCost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** About half a second on a laptop. */
export const defaultCost: Argon2idCost = { memory: 256 * 1024, passes: 3, lanes: 4 };

/**
 * RFC 9106 §4, second recommended option. A file below it is refused: nobody writes one but to make a passphrase
 * cheap to try.
 */
export const lowestCost: Argon2idCost = { memory: 64 * 1024, passes: 3, lanes: 4 };

/** A file above it is refused: it would stop the machine before anything is known to be authentic. */
const highestCost: Argon2idCost = { memory: 1024 * 1024, passes: 16, lanes: 16 };

export function isAcceptableCost(value: unknown): value is Argon2idCost {
  const cost = value as Partial<Record<keyof Argon2idCost, unknown>> | null;
  return (['memory', 'passes', 'lanes'] as const).every((name) => {
    const found = cost?.[name];
    const least = name === 'lanes' ? 1 : lowestCost[name];
    return (
      typeof found === 'number' && Number.isInteger(found) && found >= least && found <= highestCost[name]
    );
  });
}

const run = promisify(argon2);

/** 32 bytes of the passphrase, in the normal form C of Unicode: keyboards differ in how they make an ü. */
export async function passphraseKey(
  passphrase: string,
  salt: Uint8Array,
  cost: Argon2idCost,
): Promise<Uint8Array> {
  const message = utf8(passphrase.normalize('NFC'));
  const { memory, passes, lanes: parallelism } = cost;
  const key = await run('argon2id', { message, nonce: salt, parallelism, tagLength: 32, memory, passes });
  message.fill(0);
  return new Uint8Array(key);
}
