import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAreaId } from '../../api/area/index.ts';
import { type PublicKey, publicKeySchema, thumbprint } from '../../api/grant/index.ts';
import { StorageError } from './errors.ts';

/** `STATE/areas/ID/area.json`. */
export const areaFileSchema = z.strictObject({
  v: z.literal(1),
  id: z.string().refine(isAreaId),
  /** For people. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  /** Bytes of all objects together. */
  quota: z.int().min(0).optional(),
  issuers: z.array(publicKeySchema).max(10_000),
  /** Nothing is ever deleted, whatever a grant says. */
  appendOnly: z.literal(true).optional(),
});
export type AreaFile = z.infer<typeof areaFileSchema>;

/** An area as requests meet it. */
export interface Area {
  readonly id: string;
  readonly quota: number | undefined;
  readonly appendOnly: boolean;
  /** By thumbprint. */
  readonly issuers: ReadonlyMap<string, PublicKey>;
}

export const areasDirectory = (state: string): string => join(state, 'areas');
export const areaFilePath = (state: string, id: string): string =>
  join(areasDirectory(state), id, 'area.json');

export async function readAreaFile(state: string, id: string): Promise<AreaFile | undefined> {
  const path = areaFilePath(state, id);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    return areaFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StorageError(
      'ERR_AREA_UNREADABLE',
      `${path} is not the file of an area; restore or remove it`,
      { cause },
    );
  }
}

/**
 * The areas of a running storage. The files are the truth, since the operator adds areas and issuers meanwhile:
 * one `stat` per request says whether what is held is still what is there.
 */
export class AreaRegistry {
  readonly #state: string;
  readonly #held = new Map<string, { readonly stamp: string; readonly area: Area }>();

  constructor(state: string) {
    this.#state = state;
  }

  async get(id: string): Promise<Area | undefined> {
    let stamp: string;
    try {
      const { ino, mtimeMs, size } = await stat(areaFilePath(this.#state, id));
      stamp = `${ino} ${mtimeMs} ${size}`;
    } catch {
      this.#held.delete(id);
      return undefined;
    }
    const held = this.#held.get(id);
    if (held?.stamp === stamp) return held.area;
    const file = await readAreaFile(this.#state, id);
    if (!file) return undefined;
    const issuers = new Map<string, PublicKey>();
    for (const key of file.issuers) issuers.set(await thumbprint(key), key);
    const area = { id, quota: file.quota, appendOnly: file.appendOnly === true, issuers };
    this.#held.set(id, { stamp, area });
    return area;
  }
}
