import { hash } from 'node:crypto';
import { smsXmlCutter } from '../../formats/sms-xml/index.ts';
import { concat, utf8 } from '../../lib/bytes.ts';
import type { BytePath } from '../files/index.ts';
import type { RecordKind } from '../records/index.ts';

const NOTHING = new Uint8Array(0);
const NAMES = /^[^.].*\.xml$/i;

export const smsXml: RecordKind = {
  kind: 'sms-xml',
  type: 'application/xml',
  one: 'one message or call',
  isOurs: (name: BytePath) => NAMES.test(name),
  isFile: (name: BytePath) => NAMES.test(name),
  fileFor: (id) => (id.startsWith('call:') ? 'calls.xml' : 'sms.xml'),
  cutter: (bare) => smsXmlCutter(bare),
  id({ id }) {
    const name = id && /^\["([a-z]+)"/.exec(id)?.[1];
    return name && `${name}:${hash('sha256', utf8(id!), 'hex').slice(0, 32)}`;
  },
  joins: false,
  wrapper(count, firstId) {
    const root = firstId.startsWith('call:') ? 'calls' : 'smses';
    const declaration = `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>`;
    return { before: utf8(`${declaration}\n<${root} count="${count}">`), after: utf8(`\n</${root}>\n`) };
  },
  split,
  // Everything between elements is white space; each on a line of its own is how the application writes them.
  separator(tail, next, loose) {
    const last = tail.at(-1);
    if (next === 'gap' || !loose || (last !== undefined && last <= 0x20)) return NOTHING;
    return utf8('\n  ');
  },
  recount,
  renamed: () => undefined,
};

/** Behind the start tag of the root, whatever comes then; a root that is one empty tag is opened. */
function split(gap: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const text = new TextDecoder('latin1').decode(gap);
  const root = rootOf(text);
  if (!root) return [gap, NOTHING];
  if (text[root.end - 2] !== '/') return [gap.subarray(0, root.end), gap.subarray(root.end)];
  const slash = root.end - 2;
  const before = concat(gap.subarray(0, slash), utf8('>'));
  return [before, concat(utf8(`\n</${root.name}>`), gap.subarray(root.end))];
}

function recount(gap: Uint8Array, change: number): Uint8Array {
  const text = new TextDecoder('latin1').decode(gap);
  const root = rootOf(text);
  const match = root && /\scount\s*=\s*["']\s*(\d{1,12})\s*["']/.exec(text.slice(root.start, root.end));
  if (!match) return gap;
  const at = root.start + match.index + match[0].indexOf(match[1]!);
  const count = Math.max(0, Number(match[1]) + change);
  return concat(gap.subarray(0, at), utf8(`${count}`), gap.subarray(at + match[1]!.length));
}

/** The start tag of the root; not one in a comment before it. */
function rootOf(text: string): { name: string; start: number; end: number } | undefined {
  const skipped = /(?:<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<![^-][^>]*>|[^<]+)*/y;
  skipped.exec(text);
  const tag = /<(smses|calls)(?:\s+[^"'>]*(?:"[^"]*"|'[^']*'))*[^"'>]*>/y;
  tag.lastIndex = skipped.lastIndex;
  const match = tag.exec(text);
  return match ? { name: match[1]!, start: match.index, end: tag.lastIndex } : undefined;
}
