/** Operation `sharePeople`, and people by the directory of the company's server, which vouches for them (N11). */
import { fromBase64Url } from '../../../../lib/bytes.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { MessageError, newId, openPersonEntry } from '../../../../policy/message/index.ts';
import { newestOfPerson, type TrustedOwnerRecord } from '../../../../policy/owner/index.ts';
import type { Handler, OperationContext } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { type Book, type Person, personOf, readBook, recordOf } from './book.ts';
import { introduced, openPerson, type Sharer } from './people.ts';

export const sharePeople: Handler<'sharePeople'> = async (context) => {
  using sharer = await openPerson(context);
  const { people } = await readBook(context.home);
  const known = people.map(({ name, by }) => ({ name, known: true, by: by ?? ('fingerprint' as const) }));
  const listed = sharer.company ? (await sharer.company.link.people(context.signal)).people : [];
  const self = sharer.company?.session.enrolled().enrolment.user.name;
  const others = listed
    .filter(({ name }) => name !== self && !people.some((one) => one.name === name))
    .map(({ name }) => ({ name, known: false, by: 'server' as const }));
  return { people: [...known, ...others] };
};

/**
 * A colleague, as the server that this device has pinned says who they are; somebody who is known already by what their own
 * ways in have signed since.
 * @throws DeviceError `ERR_USAGE`; MessageError `ERR_PERSON_ENTRY`; OwnerError; ProblemError of the server
 */
export async function colleague(
  context: OperationContext,
  { keys, clock, company }: Sharer,
  book: Book,
  {
    name,
    as,
    fingerprint,
  }: {
    readonly name: string;
    readonly as?: string | undefined;
    readonly fingerprint?: string | undefined;
  },
): Promise<Person> {
  if (!company)
    throw new DeviceError(
      'ERR_USAGE',
      `this device has no server that could say who "${name}" is; ask them for their card (holdfast share card --out FILE)`,
    );
  const { server } = company.session.enrolled().enrolment;
  const question = { name, nonce: newId(nodePlatform) };
  const answer = await company.link.person(question, context.signal);
  const asked = { ...question, server: server.id, device: keys.device };
  const entry = await openPersonEntry(server.identityKey, answer.entry, asked, clock());
  const records = answer.records.map(fromBase64Url);
  const newest = await newestOfPerson(nodePlatform, records);
  if (newest.hash !== entry.record || newest.record.user !== entry.user)
    throw new MessageError(
      'ERR_PERSON_ENTRY',
      `What the server's directory says of "${name}" is refused: the keys beside it are other ones.`,
    );
  const trusted = await followed(records, personOf(book, entry.user));
  return introduced(context, book, { trusted, name, as, fingerprint, vouched: true });
}

/** The server cannot put other keys in the place of those that are known. */
const followed = (records: readonly Uint8Array[], known: Person | undefined): Promise<TrustedOwnerRecord> =>
  newestOfPerson(nodePlatform, records, known && recordOf(known));
