/** The address book: 200 cards as several applications would have left them, in vCard 2.1, 3.0 and 4.0. */
import { companies, notes, type Region, regions, titles } from './names.ts';
import { png } from './png.ts';
import { Random } from './random.ts';

interface Person {
  readonly given: string;
  readonly family: string;
  readonly full: string;
  readonly address: string;
  readonly region: Region;
}

const COUNT = 200;

export function contacts(): Buffer {
  return Buffer.concat(Array.from({ length: COUNT }, (_, i) => card(new Random(`contact ${i}`), i)));
}

function card(random: Random, number: number): Buffer {
  const person = invent(random);
  const kind = random.next();
  // Lone cards of odd origin: no uid at all, or Latin-1 bytes as old phones wrote them.
  if (kind < 0.15) return oldCard(random, person, number % 2 === 0);
  const version4 = kind > 0.6;
  const uid = random.uuid();
  const lines = [
    'BEGIN:VCARD',
    `VERSION:${version4 ? '4.0' : '3.0'}`,
    ...(random.chance(0.95) ? [`UID:${version4 ? 'urn:uuid:' : ''}${uid}`] : []),
    `FN:${escaped(person.full)}`,
    `N:${escaped(person.family)};${escaped(person.given)};;;`,
    ...optional(random, 0.4, () => `ORG:${escaped(random.pick(companies))}`),
    ...optional(random, 0.25, () => `TITLE:${random.pick(titles)}`),
    ...telephones(random, person, version4),
    ...optional(random, 0.8, () => `EMAIL${version4 ? '' : ';TYPE=INTERNET'}:${person.address}`),
    ...optional(random, 0.5, () => postal(random, person, version4)),
    ...optional(random, 0.3, () => `BDAY:${birthday(random, version4)}`),
    ...optional(random, 0.3, () => `NOTE:${escaped(random.pick(notes))}`),
    ...optional(random, 0.1, () => portrait(random, version4)),
    `REV:${revision(random)}`,
    'END:VCARD',
  ];
  return Buffer.from(`${lines.map(fold).join('\r\n')}\r\n`);
}

/** vCard 2.1: quoted-printable with soft line breaks, or the phone's own character set. */
function oldCard(random: Random, person: Person, latin1: boolean): Buffer {
  const plain = latin1 && /^[\x20-\xff]*$/.test(person.full);
  const property = (name: string, value: string): string =>
    plain || /^[\x20-\x7e]*$/.test(value)
      ? `${name}:${value}`
      : `${name};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${quotedPrintable(value)}`;
  const lines = [
    'BEGIN:VCARD',
    'VERSION:2.1',
    property('N', `${person.family};${person.given}`),
    property('FN', person.full),
    `TEL;CELL;VOICE:${telephone(random, person.region)}`,
    ...optional(random, 0.5, () => `EMAIL;INTERNET:${person.address}`),
    ...optional(random, 0.3, () => property('NOTE', random.pick(notes))),
    'END:VCARD',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n`, plain ? 'latin1' : 'utf8');
}

function invent(random: Random): Person {
  const region = random.pick(regions);
  const [given, first] = random.pick(region.given);
  const [family, last] = random.pick(region.family);
  const full = region.familyFirst ? family + given : `${given} ${family}`;
  const domain = random.pick(['example.com', 'example.org', 'home.example', 'mail.example']);
  return { given, family, full, address: `${first}.${last}@${domain}`, region };
}

const optional = (random: Random, probability: number, line: () => string): string[] =>
  random.chance(probability) ? [line()] : [];

const telephone = (random: Random, region: Region): string =>
  random.pick(region.numbers).replace(/x/g, () => String(random.int(0, 9)));

function telephones(random: Random, person: Person, version4: boolean): string[] {
  const line = (type: string): string => {
    const number = telephone(random, person.region);
    if (version4) return `TEL;VALUE=uri;TYPE=${type}:tel:${number.replace(/ /g, '-')}`;
    return `TEL;TYPE=${type.toUpperCase()},VOICE:${number}`;
  };
  return [
    line('cell'),
    ...optional(random, 0.35, () => line('work')),
    ...optional(random, 0.2, () => line('home')),
  ];
}

function postal(random: Random, person: Person, version4: boolean): string {
  const [street, town, code, country] = random.pick(person.region.places);
  return `ADR;TYPE=${version4 ? 'home' : 'HOME'}:;;${escaped(street)};${town};;${code};${country}`;
}

function birthday(random: Random, version4: boolean): string {
  const [month, day] = [two(random.int(1, 12)), two(random.int(1, 28))];
  if (version4 && random.chance(0.3)) return `--${month}${day}`;
  const year = random.int(1948, 2008);
  return version4 ? `${year}${month}${day}` : `${year}-${month}-${day}`;
}

const revision = (random: Random): string =>
  `2026${two(random.int(1, 10))}${two(random.int(1, 28))}T${two(random.int(6, 22))}${two(random.int(0, 59))}00Z`;

/** A small genuine picture, in a line of its own that has to be folded. */
function portrait(random: Random, version4: boolean): string {
  const size = 16;
  const [r, g, b] = [random.int(40, 220), random.int(40, 220), random.int(40, 220)];
  const rgb = new Uint8Array(size * size * 3);
  for (let i = 0; i < size * size; i++) {
    const inside = Math.hypot((i % size) - 7.5, Math.floor(i / size) - 7.5) < 6;
    rgb.set(inside ? [r, g, b] : [240, 240, 240], i * 3);
  }
  const base64 = png(size, size, rgb).toString('base64');
  return version4 ? `PHOTO:data:image/png;base64,${base64}` : `PHOTO;ENCODING=b;TYPE=PNG:${base64}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

const escaped = (text: string): string => text.replace(/[\\,;]/g, '\\$&');

/** RFC 6350 §3.2: lines of at most 75 bytes, never broken within a character. */
function fold(line: string): string {
  let out = '';
  let used = 0;
  for (const character of line) {
    const length = Buffer.byteLength(character);
    if (used + length > 75) {
      out += '\r\n ';
      used = 1;
    }
    out += character;
    used += length;
  }
  return out;
}

/** RFC 2045 §6.7, broken softly before column 70. */
function quotedPrintable(text: string): string {
  let out = '';
  let used = 0;
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x3d;
    const piece = plain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (used + piece.length > 68) {
      out += '=\r\n';
      used = 0;
    }
    out += piece;
    used += piece.length;
  }
  return out;
}
