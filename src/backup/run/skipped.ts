/** Items that could not be listed; a uid that ends in `/` stands for everything below it, an empty one for all. */
export class Skipped {
  readonly #uids = new Set<string>();

  add(uid: Uint8Array): void {
    this.#uids.add(uid.toHex());
  }

  has(uid: Uint8Array): boolean {
    if (this.#uids.size === 0) return false;
    if (this.#uids.has('')) return true;
    const hex = uid.toHex();
    for (let slash = uid.indexOf(SLASH); slash >= 0; slash = uid.indexOf(SLASH, slash + 1))
      if (this.#uids.has(hex.slice(0, 2 * (slash + 1)))) return true;
    return this.#uids.has(hex);
  }
}
const SLASH = 0x2f;
