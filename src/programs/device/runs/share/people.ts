/** Who somebody is: a fingerprint that both have compared, once; from then on what their own ways in sign (N11). */
import { toBase64Url } from '../../../../lib/bytes.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import {
  personFingerprint,
  personName,
  sameFingerprint,
  type TrustedOwnerRecord,
} from '../../../../policy/owner/index.ts';
import type { OperationContext } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { type OwnerSession, openOwner } from '../../owner/index.ts';
import { listSources } from '../../source-book.ts';
import { isGoverned } from '../../standing/index.ts';
import { type Book, type Person, personOf } from './book.ts';

/** @throws DeviceError `ERR_REFUSED` on a device of a company, OwnerMemoryError on one of nobody. To be closed */
export async function openPerson(context: OperationContext): Promise<OwnerSession> {
  if (await isGoverned(context))
    throw new DeviceError(
      'ERR_REFUSED',
      'this device belongs to a company, and no policy allows sharing: share from a device of your own',
    );
  return openOwner(context.home, context.clock);
}

export interface Introduced {
  readonly trusted: TrustedOwnerRecord;
  /** As the card or the invitation calls them. */
  readonly name: string;
  /** As the caller wants them to be called. */
  readonly as?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/**
 * The person, as they are to be remembered. What was once compared need not be again; a fingerprint that is given is
 * compared all the same.
 * @throws DeviceError `ERR_FINGERPRINT_NEEDED`, `ERR_FINGERPRINT`, `ERR_USAGE`
 */
export async function introduced(
  { home }: OperationContext,
  book: Book,
  { trusted, name, as, fingerprint }: Introduced,
): Promise<Person> {
  const { user } = trusted.record;
  const known = personOf(book, user);
  const called = as ?? known?.name ?? name;
  if (fingerprint === undefined && !known)
    throw new DeviceError(
      'ERR_FINGERPRINT_NEEDED',
      `"${called}" is not known here yet: ask them, by phone or in person, to read their fingerprint to you (they see it with: holdfast share card, or share list), and give it by --fingerprint`,
    );
  if (fingerprint !== undefined && !sameFingerprint(personFingerprint(nodePlatform, trusted), fingerprint))
    throw new DeviceError(
      'ERR_FINGERPRINT',
      `the fingerprint is not the one of "${called}": what you have may be forged, or from before they changed their keys or devices; ask them for a new one`,
    );
  await requireFree(home, book, user, called, known);
  return { user, name: called, record: toBase64Url(trusted.bytes) };
}

/** What comes from somebody is named after them: nobody else's, and nothing of one's own. */
async function requireFree(
  home: OperationContext['home'],
  book: Book,
  user: string,
  called: string,
  known: Person | undefined,
): Promise<void> {
  try {
    personName(called);
  } catch {
    throw new DeviceError('ERR_USAGE', `"${called}" cannot be the name of a person; choose another by --as`);
  }
  const other = book.people.find((one) => one.name === called && one.user !== user);
  if (other)
    throw new DeviceError('ERR_USAGE', `there is another "${called}" already; choose another name by --as`);
  if (known?.name === called) return;
  const own = (await listSources(home)).find(({ label }) => label.endsWith(` from ${called}`));
  if (own)
    throw new DeviceError(
      'ERR_USAGE',
      `you have a source "${own.label}" of your own; choose another name by --as`,
    );
}
