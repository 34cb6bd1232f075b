/** Attribute values as people read them, with what the writer got wrong put right. */

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Undoes references. Two that name the surrogates of one character become that character; `&#0;` and what names no
 * character is left out; what is no reference stays.
 */
export function readable(raw: Uint8Array): string {
  const text = decode(raw);
  if (!text.includes('&')) return text;
  return text
    .replace(
      /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
      (reference, decimal, hex, name) => {
        if (name) return NAMED[(name as string).toLowerCase()] ?? reference;
        const code = decimal ? Number(decimal) : Number.parseInt(hex as string, 16);
        if (code === 0 || code > 0x10ffff) return '';
        // A surrogate stays half a character until the other half comes.
        return code < 0x10000 ? String.fromCharCode(code) : String.fromCodePoint(code);
      },
    )
    .toWellFormed();
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}
