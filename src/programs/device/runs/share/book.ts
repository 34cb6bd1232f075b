/**
 * What is known of people and of shares: a file of the state directory. Nothing in it is secret: keys lie in custody, and
 * its grants are bound to this device's key. Whoever changes it holds the lock `run`.
 */
import { z } from 'zod';
import { idSchema } from '../../../../api/device/index.ts';
import { fromBase64Url } from '../../../../lib/bytes.ts';
import { DeviceError } from '../../errors.ts';
import { type Home, readJson, writeDurably } from '../../home/index.ts';

const last = z.object({ counter: z.int(), time: z.int(), hash: z.string() }).optional();

/** Somebody whose fingerprint was compared, or whom the company's server vouches for. */
const personSchema = z.object({
  /** Id of the user. */
  user: idSchema,
  /** As they are called here; each name once. */
  name: z.string(),
  /** The newest owner record that is known of them, base64url. */
  record: z.string(),
  /** Nobody has compared a fingerprint: the server said who it is. */
  by: z.literal('server').optional(),
  /** As the server calls them. */
  listed: z.string().optional(),
});

/** A share that others may read. */
const givenSchema = z.object({
  chain: idSchema,
  /** Id of the user it is for, and of their device that may read; a colleague's are all of theirs. */
  user: idSchema,
  device: idSchema.optional(),
  /** How the invitation calls the sender. */
  sender: z.string(),
  area: z.string(),
  databases: z.array(z.string()),
  /** Shown uids; absent = everything in the databases. */
  items: z.array(z.string()).optional(),
  /** Databases and classes that have ever been in it: the server is told on a device of a company. */
  content: z.array(z.object({ database: z.string(), class: z.enum(['enterprise', 'personal']) })).optional(),
  last,
  expires: z.int().optional(),
  /** Of the own record, as the newest invitation has it. */
  fingerprint: z.string().optional(),
  ended: z.int().optional(),
});

/** A share that was accepted. */
const takenSchema = z.object({
  chain: idSchema,
  user: idSchema,
  device: idSchema,
  area: z.string(),
  /** Grants of an invitation; from a colleague the server gives access each time instead. */
  read: z.string().optional(),
  owner: z.string().optional(),
  expires: z.int().optional(),
  /** The newest version of the sender's record that this area has shown. */
  shown: z.int(),
  last,
});

const bookSchema = z.object({
  v: z.literal(1),
  people: z.array(personSchema),
  given: z.array(givenSchema),
  taken: z.array(takenSchema),
});

export type Person = z.infer<typeof personSchema>;
export type Given = z.infer<typeof givenSchema>;
export type Taken = z.infer<typeof takenSchema>;
export type Book = z.infer<typeof bookSchema>;

export const readBook = async (home: Home): Promise<Book> =>
  (await readJson(home.shares, (value) => bookSchema.parse(value))) ?? {
    v: 1,
    people: [],
    given: [],
    taken: [],
  };

const writeBook = (home: Home, book: Book): Promise<void> =>
  writeDurably(home.shares, `${JSON.stringify(book, null, 2)}\n`);

/** Puts it in the place of the one that is the same, or at the end. */
export async function keep(
  home: Home,
  what: Partial<Record<'person', Person> & Record<'given', Given> & Record<'taken', Taken>>,
) {
  const { v, people, given, taken } = await readBook(home);
  await writeBook(home, {
    v,
    people: put(people, what.person, 'user'),
    given: put(given, what.given, 'chain'),
    taken: put(taken, what.taken, 'chain'),
  });
}

function put<T extends object>(all: readonly T[], one: T | undefined, by: keyof T): T[] {
  if (one === undefined) return [...all];
  const at = all.findIndex((other) => other[by] === one[by]);
  return at < 0 ? [...all, one] : all.with(at, one);
}

/** Forgets a share of which nothing was ever stored. */
export async function forget(home: Home, { chain }: Given): Promise<void> {
  const book = await readBook(home);
  await writeBook(home, { ...book, given: book.given.filter((one) => one.chain !== chain) });
}

export const recordOf = (person: Person): Uint8Array => fromBase64Url(person.record);

export const personOf = (book: Pick<Book, 'people'>, user: string): Person | undefined =>
  book.people.find((one) => one.user === user);

export const nameOf = (book: Book, { user }: { readonly user: string }): string =>
  personOf(book, user)?.name ?? user;

/** By its id, or by the name of the other person when there is only one share. @throws DeviceError `ERR_WHICH` */
export function shareCalled<T extends Given | Taken>(book: Book, among: readonly T[], called: string): T {
  const byId = among.find(({ chain }) => chain === called);
  if (byId) return byId;
  const [one, ...more] = among.filter((share) => nameOf(book, share) === called);
  if (one && more.length === 0) return one;
  const those = one ? [one, ...more] : among;
  const listed = those.map((share) => `${share.chain} (${nameOf(book, share)})`).join(', ') || 'none';
  const what = one ? `several shares go by "${called}"` : `there is no share "${called}"`;
  throw new DeviceError('ERR_WHICH', `${what}; there are: ${listed}`);
}
