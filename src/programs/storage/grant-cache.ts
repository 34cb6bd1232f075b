import { type Grant, verifyGrant } from '../../api/grant/index.ts';
import type { Area } from './areas.ts';
import { dropOldest } from './nonces.ts';

/** Grants are verified once and then remembered, so that a request costs one signature check: that of its proof. */
const REMEMBERED = 4000;

export class GrantCache {
  readonly #held = new Map<string, Grant>();

  /** @throws GrantError */
  async verify(jwt: string, area: Area): Promise<Grant> {
    const key = `${area.id} ${jwt}`;
    let grant = this.#held.get(key);
    // An issuer may have been removed since: only the signature is taken from memory.
    if (!grant || !area.issuers.has(grant.iss)) {
      grant = await verifyGrant(jwt, area.id, area.issuers);
      this.#held.set(key, grant);
      dropOldest(this.#held, REMEMBERED);
    }
    return grant;
  }
}
