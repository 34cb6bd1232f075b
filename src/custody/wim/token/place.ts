import { type TriesLeft, WimError } from '../errors.ts';
import { type Connection, connect } from './connection/index.ts';
import type { TokenDescription } from './module/index.ts';

/** Where a token is to be found. */
export interface TokenPlace {
  /** Path of the PKCS#11 module (a shared library). */
  readonly module: string;
  /** Label or serial number; needed when several are there. */
  readonly token?: string;
}

export interface PinRequest {
  readonly token: TokenDescription;
  /** `signature`: the token wants it again for each one (PIV 9C). */
  readonly reason: 'login' | 'signature';
  /** Undefined while no wrong PIN was given, as far as the token says. */
  readonly triesLeft: TriesLeft | undefined;
}

/** Asks for a PIN; never called for a token that takes it at its reader. A wrong one is not tried again. */
export type AskPin = (request: PinRequest) => Promise<string>;

/** A session with one token. */
export interface TokenSession {
  readonly connection: Connection;
  readonly token: TokenDescription;
}

/** @throws WimError `ERR_TOKEN_ABSENT` */
export async function tokensAt(
  connection: Connection,
  { module, token }: TokenPlace,
): Promise<TokenDescription[]> {
  const all = await connection.ask('tokens', {});
  const found = all.filter(
    (one) => one.initialized && (token === undefined || one.label === token || one.serial === token),
  );
  if (found.length > 0) return found;
  const others = all.filter((one) => one.initialized).map(nameOf);
  throw new WimError(
    'ERR_TOKEN_ABSENT',
    token === undefined || others.length === 0
      ? `No token is there, as the module ${module} says. Insert it; a new one is set up with the tool of its maker first.`
      : `No token with the label or serial number ${token} is there, only ${others.join(', ')}.`,
  );
}

/**
 * Opens a session with the one token that is there.
 * @throws WimError as `connect`; `ERR_TOKEN_ABSENT`, `ERR_TOKEN_CHOICE`
 */
export async function openSession(place: TokenPlace, write: boolean): Promise<TokenSession> {
  const connection = await connect(place.module);
  try {
    const [token, ...more] = await tokensAt(connection, place);
    if (more.length > 0)
      throw new WimError(
        'ERR_TOKEN_CHOICE',
        `Several tokens are there; say which by label or serial number: ${[token!, ...more].map(nameOf).join(', ')}.`,
      );
    await connection.ask('open', { slot: token!.slot, write });
    return { connection, token: token! };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** @throws WimError `ERR_PIN_WRONG`, `ERR_PIN_LOCKED` */
export async function logIn({ connection, token }: TokenSession, askPin: AskPin): Promise<void> {
  const pin = await pinFor(token, 'login', askPin);
  await connection.ask('login', { as: 'user', pin });
}

export async function pinFor(
  token: TokenDescription,
  reason: PinRequest['reason'],
  askPin: AskPin,
): Promise<string | undefined> {
  return token.pinAtReader ? undefined : askPin({ token, reason, triesLeft: token.triesLeft });
}

const nameOf = ({ label, serial }: TokenDescription): string => `${label || 'a token'} (${serial})`;
