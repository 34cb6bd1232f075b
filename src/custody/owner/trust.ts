/** Whose manifests count on a device without a server, from the owner record: its `Trust`. */
import type { EdPublic, OwnerHead, OwnerRecord } from '../../policy/owner/index.ts';

export class OwnerTrust {
  readonly #record: OwnerRecord;
  /** Since when the heads are known, Unix ms. */
  readonly knownAt: number;

  constructor(record: OwnerRecord, seenAt: number) {
    this.#record = record;
    this.knownAt = seenAt;
  }

  async signer(device: string): Promise<EdPublic | undefined> {
    return this.#record.devices.find(({ id }) => id === device)?.jwk;
  }

  /** Nothing of an ended device counts beyond its known heads. */
  ended(device: string): boolean {
    return this.#record.devices.some(({ id, state }) => id === device && state === 'ended');
  }

  /** Only those of ended devices: the living go on without asking their owner. */
  heads(): readonly (OwnerHead & { readonly time: number })[] {
    const { heads, time } = this.#record;
    return heads.map((head) => ({ ...head, time }));
  }
}
