/** Whose manifests count on this device, from the trust section of the policy message: its `Trust`. */
import { type ChainHead, type Ed25519Public, verifyCertificate } from '../../policy/message/index.ts';
import type { ProtectedMemory } from './memory.ts';

export class ProtectedTrust {
  readonly #memory: ProtectedMemory;

  constructor(memory: ProtectedMemory) {
    this.#memory = memory;
  }

  /**
   * Signing key of one of the user's devices, also of an ended one, whose older sets are still the user's;
   * undefined when it is none of them.
   */
  async signer(device: string): Promise<Ed25519Public | undefined> {
    const enrolment = this.#memory.enrolment();
    const listed = this.#memory.trust().devices.find((one) => one.id === device)?.certificate;
    const jws = listed ?? (device === enrolment.device ? enrolment.certificate : undefined);
    if (jws === undefined) return undefined;
    const certificate = await verifyCertificate(enrolment.server.identityKey, jws);
    return certificate.device === device && certificate.user === enrolment.user.id
      ? certificate.jwk
      : undefined;
  }

  /** Nothing of an ended device counts beyond its known heads. */
  ended(device: string): boolean {
    return this.#memory.trust().devices.some((one) => one.id === device && one.state === 'ended');
  }

  /** All known heads of the user's chains. */
  heads(): readonly ChainHead[] {
    return this.#memory.trust().heads;
  }

  /** Since when the heads are known, Unix ms. */
  get knownAt(): number {
    return this.#memory.trust().knownAt;
  }
}
