import { mboxCutter } from '../../formats/mbox/index.ts';
import { utf8 } from '../../lib/bytes.ts';
import type { BytePath } from '../files/index.ts';
import type { RecordKind } from '../records/index.ts';

const NOTHING = new Uint8Array(0);
const NAMES = /^[^.].*\.(mbox|mbx)$/i;

export const mbox: RecordKind = {
  kind: 'mbox',
  type: 'message/rfc822',
  one: 'one message of an mbox',
  isOurs: (name: BytePath, begins) => NAMES.test(name) || (!name.startsWith('.') && begins('From ')),
  // Mailboxes such as /var/mail/anna have no extension.
  isFile: (name, several) => NAMES.test(name) || !several,
  fileFor: () => 'mail.mbox',
  cutter: () => mboxCutter(),
  id: (facts) => facts.id,
  joins: false,
  wrapper: () => ({ before: NOTHING, after: NOTHING }),
  split: (gap) => [gap, NOTHING],
  // A blank line ends a message.
  separator(tail, next, loose) {
    if (tail.length === 0 || next === 'gap') return NOTHING;
    const text = new TextDecoder('latin1').decode(tail);
    const crlf = text.includes('\r\n');
    if (/\n\r?\n$/.test(text) || (!loose && text.endsWith('\n'))) return NOTHING;
    const eol = crlf ? '\r\n' : '\n';
    return utf8(text.endsWith('\n') ? eol : eol + eol);
  },
  recount: (gap) => gap,
  renamed: () => undefined,
};
