/** One who runs a person's storage, knows every public key, and makes sets and objects of their own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAreaUri } from '../../src/api/area/index.ts';
import { publicKey, signGrant, thumbprint } from '../../src/api/grant/index.ts';
import { type KeyHolder, runBackup, type Trust } from '../../src/backup/index.ts';
import { readPublicPart, recipientOf } from '../../src/custody/wim/index.ts';
import { type AreaDestination, areaDestination } from '../../src/destinations/area/index.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { addIssuer } from '../../src/programs/storage/index.ts';
import { openSource } from '../../src/sources/index.ts';
import { temporaryState } from '../../src/state/index.ts';
import { RULE } from '../engine/world.ts';
import type { Person } from '../world/person.ts';
import { freshKey, type KeyPair, randomId } from './attacker.ts';

export class Forger {
  readonly key: KeyPair;
  readonly #me: Person;
  readonly #user: string;

  private constructor(me: Person, user: string, key: KeyPair) {
    this.key = key;
    this.#me = me;
    this.#user = user;
  }

  /** The area trusts a key of theirs. */
  static async of(me: Person, user: string): Promise<Forger> {
    const key = await freshKey();
    await addIssuer(me.storage.state, parseAreaUri(me.area).area, key.publicJwk);
    return new Forger(me, user, key);
  }

  /** Everything that an operator of the area can do, by its own interface. To be closed. */
  async operator(): Promise<AreaDestination> {
    const { publicJwk, sign } = this.key;
    const { area } = parseAreaUri(this.#me.area);
    const common = {
      issuer: await thumbprint(publicKey(publicJwk)),
      device: publicKey(publicJwk),
      ...{ area, prefix: `${this.#user}/`, issuedAt: Date.now(), expiresAt: Date.now() + 600_000 },
    };
    const grants = {
      append: await signGrant(sign, { ...common, rights: ['append'] }),
      read: await signGrant(sign, { ...common, rights: ['read'] }),
    };
    return areaDestination({ uri: this.#me.area, prefix: `${this.#user}/`, grants: () => grants, sign });
  }

  /** A whole backup in a chain of its own, sealed for the victim's public keys, which anyone may know. @returns its id */
  async forge(device: string, signer: KeyPair = this.key): Promise<string> {
    const forged = join(this.#me.directory, `forged-${randomId()}`);
    await mkdir(forged);
    await writeFile(join(forged, 'letter'), 'words that were never written');
    const part = await readPublicPart(join(this.#me.directory, 'key.cert.json'));
    const keyrings = new Map<string, Uint8Array>();
    const keys: KeyHolder = {
      device,
      sign: (typ, payload) => signer.sign(typ, payload),
      recipients: () => [recipientOf(part)],
      identities: () => [],
      keyring: (chain) => keyrings.get(chain),
      keepKeyring: (chain, state) => void keyrings.set(chain, state),
      forgetKeyring: (chain) => void keyrings.delete(chain),
    };
    const trust: Trust = {
      signer: async () => signer.publicJwk,
      ended: () => false,
      heads: () => [],
      knownAt: 0,
    };
    const source = openSource({ kind: 'folder', path: forged, label: 'home' });
    const state = temporaryState();
    const destination = await this.operator();
    try {
      const { set } = await runBackup(
        {
          ...{ platform: nodePlatform, clock: () => Date.now() + 60_000, keys, trust },
          destination: { ...destination, async *list() {} },
          ...{ report: () => {}, signal: new AbortController().signal },
        },
        {
          catalogue: state.catalogue('x'),
          plans: [
            {
              database: 'Files',
              label: 'home',
              source,
              classify: () => 'personal',
              rules: () => ({ ...RULE, custody: 'user' }),
            },
          ],
          policy: 0,
        },
      );
      return set!.set;
    } finally {
      await source.close();
      state.close();
      await destination.close();
    }
  }
}
