/** The five predefined entities (XML 1.0 §4.6). */

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Text as it is written between tags. */
export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The inverse, for all five; `undefined` when there is an `&` that begins none of them. */
export function unescapeXml(text: string): string | undefined {
  if (!text.includes('&')) return text;
  let known = true;
  const plain = text.replace(/&(?:([a-z]{2,4});)?/g, (_, name: string | undefined) => {
    const character = name === undefined ? undefined : entities[name];
    if (character === undefined) known = false;
    return character ?? '';
  });
  return known ? plain : undefined;
}
