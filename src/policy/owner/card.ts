/** Card: what a person gives to another one who is to share something with them. Nothing in it is secret (N11). */
import { asId, asObject, asText, parseJson } from '../../lib/shape.ts';
import { OwnerError } from './errors.ts';
import { MAX_CARD, parseRecords, recordTexts } from './person.ts';

export interface Card {
  /** As the person calls themselves. */
  readonly name: string;
  /** Id of the device that is to read. */
  readonly device: string;
  /** Owner records, oldest first. */
  readonly records: readonly Uint8Array[];
}

export const encodeCard = ({ name, device, records }: Card): string =>
  `${JSON.stringify({ v: 1, kind: 'card', name, device, records: recordTexts(records) })}\n`;

/** Who it is of only the fingerprint says. @throws OwnerError `ERR_CARD` */
export function parseCard(text: string): Card {
  try {
    if (text.length > MAX_CARD) throw new RangeError(`longer than ${MAX_CARD} characters`);
    const card = asObject(parseJson(text, 'a card'), 'a card');
    if (card.v !== 1 || card.kind !== 'card') throw new RangeError('another version or kind');
    const device = asId(card.device, 'device of a card');
    return { name: personName(card.name), device, records: parseRecords(card.records) };
  } catch (cause) {
    throw new OwnerError('ERR_CARD', 'This is not a card, as "share card" makes them.', { cause });
  }
}

/** 1 to 64 characters that fit into a line and into the name of a folder. @throws RangeError, MalformedError */
export function personName(value: unknown): string {
  const name = asText(value, 'name of a person', 64);
  if (/^[^\p{C}\p{Zl}\p{Zp}/\\]+$/u.test(name) && name.trim() === name) return name;
  throw new RangeError('a name that does not fit into a line');
}
