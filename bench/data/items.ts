/** Items as a phone has them: small texts of 300 to 700 bytes (500 on average), recordings and photos. */
import { Random } from './random.ts';

export type Kind =
  | 'contacts'
  | 'calendar'
  | 'messages'
  | 'memos'
  | 'mail'
  | 'recordings'
  | 'photos'
  | 'chats';

export interface Item {
  /** Path below the tree's root. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Unix seconds. */
  readonly modified: number;
}

/** The database that a kind fills, and the name of its files. */
export const kinds: { readonly [K in Kind]: { readonly database: string; readonly suffix: string } } = {
  contacts: { database: 'Address Book', suffix: 'vcf' },
  calendar: { database: 'Calendar', suffix: 'ics' },
  messages: { database: 'SMS Messages', suffix: 'json' },
  memos: { database: 'Memos', suffix: 'txt' },
  mail: { database: 'Messages', suffix: 'eml' },
  recordings: { database: 'Voice Mail', suffix: 'opus' },
  photos: { database: 'Pictures', suffix: 'jpg' },
  chats: { database: 'Chats', suffix: 'db' },
};

/** Bytes of what nothing compresses. */
const LARGE: { readonly [K in Kind]?: number } = { recordings: 200_000, photos: 2_000_000 };

/** Files in one directory. */
const PER_DIRECTORY = 500;
const YEAR_2020 = 1_577_836_800;
const SIX_YEARS = 6 * 365 * 86_400;

/** Item number `index` of a kind as of change round `version` (0: never changed). */
export function makeItem(seed: string, kind: Kind, index: number, version: number): Item {
  const fixed = new Random(`${seed}/${kind}/${index}`);
  const name = `${fixed.hex(16)}.${kinds[kind].suffix}`;
  const folder = String(Math.floor(index / PER_DIRECTORY)).padStart(4, '0');
  const random = new Random(`${seed}/${kind}/${index}/${version}`);
  const when = YEAR_2020 + fixed.between(0, SIX_YEARS) + version * 60;
  const length = LARGE[kind];
  const bytes = length === undefined ? encoder.encode(texts[kind]!(random, when)) : random.bytes(length);
  return { path: `${kind}/${folder}/${name}`, bytes, modified: when };
}

const encoder = new TextEncoder();

type Text = (random: Random, when: number) => string;

const texts: { readonly [K in Kind]?: Text } = {
  contacts(random) {
    const [first, last] = [random.pick(FIRST), random.pick(LAST)];
    const head = `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${random.hex(32)}\r\nN:${last};${first};;;\r\nFN:${first} ${last}\r\n`;
    const tail = `TEL;TYPE=CELL:${telephone(random)}\r\nEMAIL:${mailbox(random)}\r\nADR:;;${random.between(1, 99)} ${random.pick(WORDS)} street;${random.pick(TOWNS)};;${random.between(10_000, 99_999)};\r\n`;
    return fill(random, `${head}${tail}NOTE:`, '\r\nEND:VCARD\r\n', size(random));
  },
  calendar(random, when) {
    const head = `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:${random.hex(32)}\r\nDTSTART:${stamp(when)}\r\nDTEND:${stamp(when + 3600)}\r\nLOCATION:${random.pick(TOWNS)}\r\nSUMMARY:${sentence(random, 40)}\r\nDESCRIPTION:`;
    return fill(random, head, '\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n', size(random));
  },
  messages(random, when) {
    const head = `{"id":"${random.hex(16)}","address":"${telephone(random)}","date":${when * 1000},"type":${random.between(1, 2)},"read":1,"thread":${random.between(1, 400)},"body":"`;
    return fill(random, head, '"}\n', size(random));
  },
  memos: (random) => fill(random, `${sentence(random, 30)}\n\n`, '\n', size(random)),
  mail(random, when) {
    const head = `Message-ID: <${random.hex(24)}@example.com>\r\nDate: ${new Date(when * 1000).toUTCString()}\r\nFrom: ${mailbox(random)}\r\nTo: ${mailbox(random)}\r\nSubject: ${sentence(random, 40)}\r\n\r\n`;
    return fill(random, head, '\r\n', size(random));
  },
};

const size = (random: Random): number => random.between(300, 700);

/** Words between head and tail until the whole is `length` bytes long (all of it is ASCII). */
function fill(random: Random, head: string, tail: string, length: number): string {
  const room = length - head.length - tail.length;
  return room > 0 ? head + sentence(random, room) + tail : head + tail;
}

function sentence(random: Random, length: number): string {
  let text = '';
  while (text.length < length) {
    const word = random.between(0, 15) === 0 ? random.u32().toString(36) : random.pick(WORDS);
    text += text === '' || text.endsWith('. ') ? word[0]!.toUpperCase() + word.slice(1) : word;
    text += random.between(0, 11) === 0 ? '. ' : ' ';
  }
  return text.slice(0, length);
}

const stamp = (when: number): string =>
  `${new Date(when * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
const telephone = (random: Random): string => `+${random.between(1, 98)}${random.between(1e8, 1e9 - 1)}`;
const mailbox = (random: Random): string =>
  `${random.pick(FIRST)}.${random.pick(LAST)}${random.between(1, 99)}@example.${random.pick(['com', 'net', 'org'])}`.toLowerCase();

const words = (text: string): readonly string[] => text.split(' ');
const FIRST = words(
  'Ada Boris Chiara Dina Emil Fatima Goran Hana Ivo Jana Kofi Lena Milo Nadia Oskar Petra Ravi Sara Tomas Ulla Vera Willem Yara Zeno',
);
const LAST = words(
  'Andersen Bakker Conti Dvorak Eriksen Fischer Gomez Haddad Ito Jansen Kovacs Laine Moreau Nowak Okoro Peeters Ricci Santos Tamm Ueda Vogel Weber Yilmaz Zeman',
);
const TOWNS = words('Antwerp Bergen Cork Dresden Evora Fukuoka Ghent Hull Izmir Jena Kampala Lyon');
const WORDS = words(
  'a about after again all also always and any are around arrive ask at away back because been before best better between book bring bus but buy call can car change check child city close coffee cold come could day dinner do door down early eat end evening every family far few find first food for forget found from get give go good great had half has have he hear help her here him his home hope hour house how if in into is it its just keep key know last late leave letter light like little live long look lost love lunch made make many market may me meet might minute mother move much must my name near need new next night no not note now of off office often old on once one only open or order other our out over paper park people phone photo place plan play please put question rain read ready really right room said same school see send she should show since sleep so some song soon start station stay still stop street such sun take talk tea tell than thank that the their them then there these they thing think this those time to today together tomorrow too town train travel try under until up us very visit wait walk want was water way we week well went were what when where which while white who why will winter with word work would write year yes yet you your',
);
