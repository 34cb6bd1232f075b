import { openSession, type TokenPlace, type TokenSession } from './place.ts';

/**
 * Changes the PIN of a token.
 * @throws WimError `ERR_PIN_WRONG`, `ERR_PIN_LOCKED`, `ERR_PIN_UNFIT`; as `openSession`
 */
export function changePin(place: TokenPlace, pin: string, next: string): Promise<void> {
  return withSession(place, ({ connection }) => connection.ask('changePin', { pin, next }));
}

/**
 * Sets a new PIN on a token whose PIN is locked or forgotten.
 * @param code the PUK, or the PIN of the security officer
 * @throws WimError as `changePin`, then about the code
 */
export function unblockPin(place: TokenPlace, code: string, next: string): Promise<void> {
  return withSession(place, ({ connection }) => connection.ask('unblock', { code, next }));
}

async function withSession<T>(place: TokenPlace, what: (session: TokenSession) => Promise<T>): Promise<T> {
  const session = await openSession(place, true);
  try {
    return await what(session);
  } finally {
    await session.connection.close();
  }
}
