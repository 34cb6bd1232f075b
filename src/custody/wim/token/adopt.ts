import { WimError } from '../errors.ts';
import { isName } from '../public-part/index.ts';
import type { PublicWayIn, WayIn } from '../way-in.ts';
import { chooseKeys, type KeyChoice } from './choose.ts';
import { usableKeys } from './keys.ts';
import { wayInOverSession } from './open.ts';
import { type AskPin, logIn, openSession, type TokenPlace, type TokenSession } from './place.ts';
import { proveWayIn } from './prove.ts';

/**
 * Takes keys that are on a token already, made by its maker's tool: on a PIV card those of the slots 9D and 9C. Both
 * are tried before they are taken.
 *
 * @returns the way in, logged in; its public part is to be kept
 * @throws WimError `ERR_TOKEN_KEY`, `ERR_TOKEN_CANNOT_SIGN`, `ERR_TOKEN_CHOICE`; of the PIN; as `openSession`
 */
export async function adoptToken(
  place: TokenPlace,
  name: string,
  askPin: AskPin,
  choice: KeyChoice = {},
): Promise<WayIn> {
  checkName(name);
  const session = await openSession(place, false);
  try {
    await logIn(session, askPin);
    return await adoptKeys(session, place, name, askPin, choice);
  } catch (error) {
    await session.connection.close();
    throw error;
  }
}

/** As `adoptToken`, over a session that is logged in. */
export async function adoptKeys(
  session: TokenSession,
  place: TokenPlace,
  name: string,
  askPin: AskPin,
  choice: KeyChoice,
): Promise<WayIn> {
  const keys = await usableKeys(await session.connection.ask('keys', {}));
  const { decipher, signature } = chooseKeys(keys, choice);
  const part: PublicWayIn = { kind: 'token', name, decipher: decipher.part, signature: signature.part };
  const way = wayInOverSession(place, part, askPin, { session, decipher, signature });
  await proveWayIn(way);
  return way;
}

export function checkName(name: string): void {
  if (!isName(name)) throw new WimError('ERR_PUBLIC_PART', 'A way in has a name of 1 to 128 characters.');
}
