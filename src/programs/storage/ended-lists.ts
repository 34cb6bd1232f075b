import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type EndedKeys, verifyEnded } from '../../api/grant/index.ts';
import { makeDirectory, replaceFile } from '../../disk/index.ts';
import { type Area, areasDirectory } from './areas.ts';
import { StorageError } from './errors.ts';

interface Held {
  readonly keys: ReadonlySet<string>;
  readonly iat: number;
  readonly jws: string;
}

/**
 * The lists of ended keys, one per area and issuer, as files beside the area's. Held once read: only this program
 * writes them. A list that cannot be read fails every request under its issuer, since nobody knows whom it ended.
 */
export class EndedLists {
  readonly #state: string;
  readonly #held = new Map<string, Promise<Held | undefined>>();
  /** Lists are taken one after the other, so that an older one never lands on a newer one. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(state: string) {
    this.#state = state;
  }

  async hasEnded(area: Area, issuer: string, device: string): Promise<boolean> {
    return (await this.#get(area, issuer))?.keys.has(device) ?? false;
  }

  replace(area: Area, list: EndedKeys, jws: string): Promise<'taken' | 'same' | 'older'> {
    const next = this.#turn.then(async () => {
      const before = await this.#get(area, list.iss);
      if (before?.jws === jws) return 'same';
      if (before && before.iat >= list.iat) return 'older';
      const path = this.#path(area.id, list.iss);
      await makeDirectory(dirname(path));
      await replaceFile(path, jws);
      this.#held.set(`${area.id} ${list.iss}`, Promise.resolve(hold(list, jws)));
      return 'taken';
    });
    this.#turn = next.catch(() => {});
    return next;
  }

  #get(area: Area, issuer: string): Promise<Held | undefined> {
    const key = `${area.id} ${issuer}`;
    let held = this.#held.get(key);
    if (!held) {
      held = this.#read(area, issuer);
      this.#held.set(key, held);
      held.catch(() => this.#held.delete(key));
    }
    return held;
  }

  async #read(area: Area, issuer: string): Promise<Held | undefined> {
    const path = this.#path(area.id, issuer);
    try {
      const jws = await readFile(path, 'utf8');
      return hold(await verifyEnded(jws, area.id, area.issuers), jws);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const why =
        'no list of ended keys by its issuer; put the right one back, or let the issuer send it anew';
      throw new StorageError('ERR_AREA_UNREADABLE', `${path} is ${why} after removing the file`, { cause });
    }
  }

  #path(id: string, issuer: string): string {
    return join(areasDirectory(this.#state), id, 'ended', `${issuer}.jws`);
  }
}

const hold = (list: EndedKeys, jws: string): Held => ({ keys: new Set(list.ended), iat: list.iat, jws });
