import { setTimeout as sleep } from 'node:timers/promises';
import { WimError } from '../errors.ts';
import { wayInOf } from '../operation/index.ts';
import type { PublicWayIn, WayIn } from '../way-in.ts';
import { type Connection, connect } from './connection/index.ts';
import { type TokenKey, usableKeys } from './keys.ts';
import type { TokenDescription } from './module/index.ts';
import { type LoggedIn, tokenOperations } from './operations.ts';
import { type AskPin, logIn, type TokenPlace, type TokenSession, tokensAt } from './place.ts';

/**
 * The way in of a public part, on whichever of the tokens there holds its keys; logged in. When the token is taken
 * away, what runs fails with `ERR_TOKEN_REMOVED`; the next operation looks for it again and asks for the PIN.
 *
 * @throws WimError `ERR_TOKEN_OTHER` when the tokens there hold other keys; `ERR_PIN_WRONG`, `ERR_PIN_LOCKED`; as
 *   `connect`
 */
export async function openTokenWayIn(place: TokenPlace, part: PublicWayIn, askPin: AskPin): Promise<WayIn> {
  const reach = new Reach(place, () => findAndLogIn(place, part, askPin));
  await reach.get();
  return wayOver(reach, part, askPin);
}

/** Over a session that is logged in already. */
export function wayInOverSession(
  place: TokenPlace,
  part: PublicWayIn,
  askPin: AskPin,
  first: LoggedIn,
): WayIn {
  return wayOver(new Reach(place, () => findAndLogIn(place, part, askPin), first), part, askPin);
}

const wayOver = (reach: Reach, part: PublicWayIn, askPin: AskPin): WayIn => {
  const operations = tokenOperations(
    () => reach.get(),
    askPin,
    () => reach.close(),
  );
  return wayInOf(part, {
    agree: (point) => reach.guard(operations.agree(point)),
    decrypt: (ciphertext) => reach.guard(operations.decrypt(ciphertext)),
    sign: (bytes) => reach.guard(operations.sign(bytes)),
    close: operations.close,
  });
};

/** After these the session is of no use; the last may be a removal that the module could not name. */
const LOST: readonly string[] = ['ERR_TOKEN_REMOVED', 'ERR_TOKEN_CRASHED', 'ERR_TOKEN_FAILED'];

/** Holds the session, and lets go of one whose token went away. */
class Reach {
  readonly #place: TokenPlace;
  readonly #begin: () => Promise<LoggedIn>;
  #current: Promise<LoggedIn> | undefined;

  constructor(place: TokenPlace, begin: () => Promise<LoggedIn>, first?: LoggedIn) {
    this.#place = place;
    this.#begin = begin;
    this.#current = first && Promise.resolve(first);
  }

  async get(): Promise<LoggedIn> {
    this.#current ??= this.#begin();
    try {
      return await this.#current;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  async guard<T>(operation: Promise<T>): Promise<T> {
    try {
      return await operation;
    } catch (error) {
      if (!(error instanceof WimError) || !LOST.includes(error.code)) throw error;
      const token = (await this.#current?.catch(() => undefined))?.session.token;
      // A library that was surprised may hang at its next call: its process is done with.
      await this.close();
      if (error.code !== 'ERR_TOKEN_FAILED' || !token || !(await isAway(this.#place, token))) throw error;
      throw new WimError('ERR_TOKEN_REMOVED', 'The token was removed while it was in use.', { cause: error });
    }
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    const session = await current?.catch(() => undefined);
    await session?.session.connection.close();
  }
}

/** Asks a new process, for a good second: readers do not notice at once that a card has gone. */
async function isAway({ module }: TokenPlace, token: TokenDescription): Promise<boolean> {
  const connection = await connect(module).catch(() => undefined);
  try {
    for (let i = 0; connection && i < 12; i++) {
      const there = await connection.ask('tokens', {});
      if (!there.some(({ serial, label }) => serial === token.serial && label === token.label)) return true;
      await sleep(100);
    }
    return false;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

async function findAndLogIn(place: TokenPlace, part: PublicWayIn, askPin: AskPin): Promise<LoggedIn> {
  const connection = await connect(place.module);
  try {
    const tokens = await tokensAt(connection, place);
    const token = await tokenOf(connection, tokens, part);
    const session: TokenSession = { connection, token };
    await logIn(session, askPin);
    const keys = await usableKeys(await connection.ask('keys', {}));
    return { session, decipher: ownKey(keys, part, 'decipher'), signature: ownKey(keys, part, 'signature') };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The token that shows the decipher key before login; or the only one, which may show it after. */
async function tokenOf(
  connection: Connection,
  tokens: readonly TokenDescription[],
  part: PublicWayIn,
): Promise<TokenDescription> {
  let shown = 0;
  for (const token of tokens) {
    await connection.ask('open', { slot: token.slot, write: false });
    const keys = await usableKeys(await connection.ask('keys', {}));
    if (keys.some((key) => isKey(key, part, 'decipher'))) return token;
    shown += keys.length;
  }
  // No PIN goes to a token that shows other keys: it may be somebody else's.
  if (tokens.length === 1 && shown === 0) return tokens[0]!;
  throw other(part);
}

function ownKey(keys: readonly TokenKey[], part: PublicWayIn, role: 'decipher' | 'signature'): TokenKey {
  const key = keys.find((one) => isKey(one, part, role) && one.privateKey !== undefined);
  if (!key) throw other(part);
  return key;
}

const isKey = (key: TokenKey, part: PublicWayIn, role: 'decipher' | 'signature'): boolean =>
  key.part.thumbprint === part[role].thumbprint;

const other = ({ name }: PublicWayIn): WimError =>
  new WimError(
    'ERR_TOKEN_OTHER',
    `The token that is there does not hold the keys of "${name}". Insert the right one.`,
  );
