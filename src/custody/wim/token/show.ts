import { connect } from './connection/index.ts';
import { type TokenKey, usableKeys } from './keys.ts';
import type { TokenDescription } from './module/index.ts';

/** A token, and the keys that it shows without a PIN. */
export interface ShownToken extends TokenDescription {
  readonly keys: readonly Omit<TokenKey, 'privateKey'>[];
}

/**
 * What is in the slots of a module; no PIN is asked for.
 * @throws WimError as `connect`
 */
export async function showTokens(module: string): Promise<ShownToken[]> {
  const connection = await connect(module);
  try {
    const shown: ShownToken[] = [];
    for (const token of await connection.ask('tokens', {})) {
      if (token.initialized) await connection.ask('open', { slot: token.slot, write: false });
      const keys = token.initialized ? await usableKeys(await connection.ask('keys', {})) : [];
      shown.push({ ...token, keys: keys.map(({ privateKey: _, ...key }) => key) });
    }
    return shown;
  } finally {
    await connection.close();
  }
}
