import { WimError } from '../errors.ts';
import { isThere, readWhole, writeWhole } from '../files.ts';
import type { PublicWayIn } from '../way-in.ts';
import { parsePublicWayIn, publicWayInJson } from './json.ts';

/** `NAME.cert.json` beside a key file `NAME.wim`. */
export const publicPartPath = (path: string): string => `${path.replace(/\.wim$/, '')}.cert.json`;

/** Before something is done that the file is to tell of. @throws WimError `ERR_WIM_EXISTS` */
export async function refuseExisting(path: string): Promise<void> {
  if (await isThere(path))
    throw new WimError('ERR_WIM_EXISTS', `${path} is there already; keys are never written over.`);
}

/** @throws WimError `ERR_WIM_EXISTS`, `ERR_WIM_FILE` */
export const writePublicPart = (path: string, part: PublicWayIn, replace = false): Promise<void> =>
  writeWhole(path, `${JSON.stringify({ v: 1, ...publicWayInJson(part) }, null, 2)}\n`, {
    mode: 0o644,
    replace,
  });

/** @throws WimError `ERR_WIM_FILE`, `ERR_PUBLIC_PART` */
export async function readPublicPart(path: string): Promise<PublicWayIn> {
  const text = await readWhole(path, false);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new WimError('ERR_PUBLIC_PART', `${path} is not JSON.`, { cause });
  }
  if ((value as { v?: unknown } | null)?.v !== 1)
    throw new WimError(
      'ERR_PUBLIC_PART',
      `${path} is not the public part of a way in, or of another version.`,
    );
  return parsePublicWayIn(value, path);
}
