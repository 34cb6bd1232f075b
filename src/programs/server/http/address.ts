/**
 * What failures are counted by. Whoever has one address of IPv6 mostly has all of its /64 (RFC 4291 §2.5.4): the
 * network stands for them all. Goes into the log, so it is plain text whatever a proxy sends.
 */
export function networkOf(address: string): string {
  const plain = address.slice(0, 64).replace(/[^A-Za-z0-9.:_%-]/g, '?');
  const [, mapped] = /^::ffff:([0-9.]+)$/i.exec(plain) ?? [];
  if (mapped !== undefined) return mapped;
  const [text = ''] = plain.split('%', 1);
  if (!text.includes(':')) return plain;
  const [before = '', after] = text.split('::', 2);
  const groups = before === '' ? [] : before.split(':');
  if (after !== undefined) {
    const behind = after === '' ? [] : after.split(':');
    while (groups.length + behind.length < 8) groups.push('0');
    groups.push(...behind);
  }
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '').toLowerCase());
  return `${network.join(':')}::/64`;
}
