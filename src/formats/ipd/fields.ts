import { IPD_FIELD_HEAD, type IpdField } from './parts.ts';

/** Fields of one record; the ones behind are kept as its tail. */
const MAX_FIELDS = 1 << 16;

/**
 * Reads fields: `length:u16le | type:u8 | data`, to the end of `bytes`. Also for the fields nested in another's data.
 *
 * A field that runs over the end is not guessed at: from there on all is `tail`, for the length of what surrounds the
 * fields is the one that counts (ipddump resynchronises so; bb.c gives up). A field of no bytes is a field (bb.c).
 */
export function readIpdFields(bytes: Uint8Array): {
  readonly fields: IpdField[];
  readonly tail: Uint8Array;
} {
  const fields: IpdField[] = [];
  let at = 0;
  while (at + IPD_FIELD_HEAD <= bytes.length && fields.length < MAX_FIELDS) {
    const start = at + IPD_FIELD_HEAD;
    const end = start + bytes[at]! + bytes[at + 1]! * 0x100;
    if (end > bytes.length) break;
    fields.push({ type: bytes[at + 2]!, data: bytes.subarray(start, end) });
    at = end;
  }
  return { fields, tail: bytes.subarray(at) };
}

/** Bytes that the fields take. */
export function ipdFieldsSize(fields: readonly IpdField[]): number {
  let size = 0;
  for (const field of fields) size += IPD_FIELD_HEAD + field.data.length;
  return size;
}
