/** Who somebody is: a fingerprint that both have compared, or the word of the server; from then on what their own ways in sign (N11). */
import { toBase64Url } from '../../../../lib/bytes.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { allowsSharing } from '../../../../policy/evaluate/index.ts';
import {
  personFingerprint,
  personName,
  sameFingerprint,
  type TrustedOwnerRecord,
} from '../../../../policy/owner/index.ts';
import { openLink, type ServerLink, type Session } from '../../channel/index.ts';
import type { OperationContext } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { noOwnKeys, online, openOwnKeys, tellOwnKeys } from '../../own-keys/index.ts';
import { type OwnerSession, openOwner } from '../../owner/index.ts';
import { listSources } from '../../source-book.ts';
import { isGoverned } from '../../standing/index.ts';
import { type Book, type Person, personOf, readBook } from './book.ts';

/** This device's person, and the company's server where one governs the device. To be closed. */
export interface Sharer extends OwnerSession {
  readonly company?: { readonly session: Session; readonly link: ServerLink };
}

/**
 * @param options.though what is there already can be looked at and ended, whatever policy says by now
 * @throws DeviceError `ERR_REFUSED`, `ERR_NO_KEY` on a device of a company, OwnerMemoryError on one of nobody
 */
export async function openPerson(
  context: OperationContext,
  { though = false }: { readonly though?: boolean } = {},
): Promise<Sharer> {
  if (!(await isGoverned(context))) return openOwner(context.home, context.clock);
  const session = await online(context);
  try {
    const allowed = session.enrolled().seq > 0 && allowsSharing(session.memory.rules());
    if (!allowed && !(though && (await hasShares(context))))
      throw new DeviceError(
        'ERR_REFUSED',
        'this device belongs to a company, and no policy allows sharing: share from a device of your own',
      );
    const own = await openOwnKeys(context.home, session.enrolled().enrolment.user.id);
    const { memory } = own;
    if (!memory) throw noOwnKeys();
    await tellOwnKeys(session, memory);
    return {
      ...{ memory, keys: session.keys, clock: session.clock },
      company: { session, link: openLink(session) },
      [Symbol.dispose]() {
        own[Symbol.dispose]();
        session[Symbol.dispose]();
      },
    };
  } catch (error) {
    session[Symbol.dispose]();
    throw error;
  }
}

async function hasShares({ home }: OperationContext): Promise<boolean> {
  const { given, taken } = await readBook(home);
  return given.length + taken.length > 0;
}

export interface Introduced {
  readonly trusted: TrustedOwnerRecord;
  /** As the card or the invitation calls them. */
  readonly name: string;
  /** As the caller wants them to be called. */
  readonly as?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** The server says who it is: nothing has to be compared. */
  readonly vouched?: boolean;
}

/**
 * The person, as they are to be remembered. What was once compared need not be again; a fingerprint that is given is
 * compared all the same.
 * @throws DeviceError `ERR_FINGERPRINT_NEEDED`, `ERR_FINGERPRINT`, `ERR_USAGE`
 */
export async function introduced(
  { home }: OperationContext,
  book: Book,
  { trusted, name, as, fingerprint, vouched = false }: Introduced,
): Promise<Person> {
  const { user } = trusted.record;
  const known = personOf(book, user);
  const called = as ?? known?.name ?? name;
  if (fingerprint === undefined && !known && !vouched)
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
  const byServer = fingerprint === undefined && (known ? known.by === 'server' : vouched);
  return {
    ...{ user, name: called, record: toBase64Url(trusted.bytes) },
    ...(byServer && { by: 'server' as const }),
    ...(vouched ? { listed: name } : known?.listed !== undefined && { listed: known.listed }),
  };
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
