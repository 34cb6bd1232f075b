/** The few facts about an SMS, an MMS or a call that a backup needs, gathered attribute by attribute. */
import type { Facts } from '../cut/index.ts';
import { readable } from './text.ts';

/** What identifies an element: nothing that a later export may write otherwise, such as `read` or a contact's name. */
const IDENTITY: ReadonlyMap<string, readonly string[]> = new Map([
  ['sms', ['type', 'address', 'date', 'body']],
  ['mms', ['msg_box', 'address', 'date', 'm_id', 'tr_id', 'm_type']],
  ['call', ['type', 'number', 'date', 'duration']],
]);
const FOR_PEOPLE: ReadonlySet<string> = new Set(['contact_name', 'sub', 'subject']);
const CALLS = ['', 'incoming', 'outgoing', 'missed', 'voicemail', 'rejected', 'blocked'];

const LONGEST = 64 * 1024;
/** Of a text that is only for the title. */
const LONGEST_TEXT = 2048;
/** Before this, Unix ms is 1973: a date so small is in seconds. */
const SECONDS = 100_000_000_000;

export class ElementFacts {
  #name = '';
  readonly #values = new Map<string, string>();
  /** Of the part of an MMS that is being read, and of the first one that is text. */
  #partType = '';
  #partText = '';
  #text = '';

  wants(top: boolean, tag: string, attribute: string): number | undefined {
    if (top) {
      const wanted = IDENTITY.get(tag)?.includes(attribute) || FOR_PEOPLE.has(attribute);
      return wanted && !this.#values.has(attribute) ? LONGEST : undefined;
    }
    if (tag !== 'part' || this.#text !== '') return undefined;
    return attribute === 'ct' || attribute === 'text' ? LONGEST_TEXT : undefined;
  }

  attribute(top: boolean, name: string, value: Uint8Array, length: number): void {
    const text = readable(value);
    if (top) this.#values.set(name, length > LONGEST ? `${text}…${length}` : text);
    else if (name === 'ct') this.#partType = text;
    else this.#partText = text;
  }

  /** A start tag with the attributes given before. */
  started(top: boolean, name: string): void {
    if (top) this.#name = name;
    else if (name === 'part') {
      if (this.#text === '' && this.#partType === 'text/plain') this.#text = known(this.#partText);
      this.#partType = this.#partText = '';
    }
  }

  end(): Facts {
    const date = Number(this.#values.get('date') ?? '');
    const time = Number.isSafeInteger(date) && date > 0 ? date * (date < SECONDS ? 1000 : 1) : 0;
    const fields = IDENTITY.get(this.#name);
    const id = fields && JSON.stringify([this.#name, ...fields.map((name) => this.#values.get(name) ?? '')]);
    return { ...(id && { id }), title: this.#title(), time: Number.isSafeInteger(time) ? time : 0 };
  }

  #title(): string {
    const value = (name: string): string => known(this.#values.get(name) ?? '');
    const who = value('contact_name') || value('address') || value('number');
    const what =
      this.#name === 'call'
        ? `${CALLS[Number(value('type'))] ?? ''} call, ${value('duration') || '0'} s`.trim()
        : value('body') || value('sub') || this.#text || value('subject');
    const title = [who, what]
      .filter(Boolean)
      .join(': ')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim();
    return [...title.slice(0, 400)].slice(0, 100).join('').toWellFormed();
  }
}

/** The writer has `null` for what is not there. */
const known = (text: string): string => (text === 'null' || text === '(Unknown)' ? '' : text);
