import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { areaUri, isAreaId } from '../../api/area/index.ts';
import { publicKey, thumbprint } from '../../api/grant/index.ts';
import { makeDirectory, replaceFile } from '../../disk/index.ts';
import { type AreaFile, areaFilePath, areaFileSchema, areasDirectory, readAreaFile } from './areas.ts';
import { StorageError } from './errors.ts';
import { claimDirectory, rememberedUrl, requireDirectory } from './state-directory.ts';

export interface AddArea {
  /** For people; unique here. */
  readonly name: string;
  /** Public keys (JWK) of those whose grants count. */
  readonly issuers?: readonly unknown[];
  /** Bytes of all objects together. */
  readonly quota?: number;
  /** Nothing is ever deleted, whatever a grant says. */
  readonly appendOnly?: boolean;
}

export interface AreaSummary {
  readonly id: string;
  readonly name: string;
  /** The area's URI (N8), at the address where the storage was last started. */
  readonly uri: string;
  readonly quota: number | undefined;
  readonly appendOnly: boolean;
  /** Thumbprints. */
  readonly issuers: readonly string[];
}

/** Makes an area; a running storage serves it at once. @throws StorageError */
export async function addArea(state: string, input: AddArea): Promise<AreaSummary> {
  if ((await areaFiles(state)).some((file) => file.name === input.name)) {
    throw new StorageError('ERR_AREA_EXISTS', `there is an area named ${input.name} already`);
  }
  const parsed = areaFileSchema.safeParse({
    v: 1,
    id: randomBytes(16).toString('base64url'),
    name: input.name,
    ...(input.quota === undefined ? {} : { quota: input.quota }),
    issuers: (input.issuers ?? []).map(publicKey),
    ...(input.appendOnly ? { appendOnly: true } : {}),
  });
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new StorageError(
      'ERR_AREA_INVALID',
      `an area cannot have this ${fields} (names are letters, digits and ._-, at most 64; quotas are bytes)`,
    );
  }
  await claimDirectory(state);
  await writeAreaFile(state, parsed.data);
  return summary(state, parsed.data);
}

/** Ascending by name. @throws StorageError `ERR_STORAGE_STATE` when it is no storage's state directory */
export async function listAreas(state: string): Promise<AreaSummary[]> {
  await requireDirectory(state);
  const files = (await areaFiles(state)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return Promise.all(files.map((file) => summary(state, file)));
}

/** Lets grants by this key count. Adding it again changes nothing. */
export async function addIssuer(state: string, nameOrId: string, jwk: unknown): Promise<AreaSummary> {
  const file = await findArea(state, nameOrId);
  const added = publicKey(jwk);
  const print = await thumbprint(added);
  const prints = await Promise.all(file.issuers.map(thumbprint));
  const changed = prints.includes(print) ? file : { ...file, issuers: [...file.issuers, added] };
  await writeAreaFile(state, changed);
  return summary(state, changed);
}

/** All grants by this key stop counting at once. Its list of ended keys stays, should it come back. */
export async function removeIssuer(state: string, nameOrId: string, print: string): Promise<AreaSummary> {
  const file = await findArea(state, nameOrId);
  const prints = await Promise.all(file.issuers.map(thumbprint));
  if (!prints.includes(print)) {
    throw new StorageError(
      'ERR_AREA_UNKNOWN',
      `${file.name} has no issuer ${print}; it has ${prints.join(', ') || 'none'}`,
    );
  }
  const changed = { ...file, issuers: file.issuers.filter((_, at) => prints[at] !== print) };
  await writeAreaFile(state, changed);
  return summary(state, changed);
}

async function areaFiles(state: string): Promise<AreaFile[]> {
  const names = await readdir(areasDirectory(state)).catch(() => []);
  const files = await Promise.all(names.filter(isAreaId).map((id) => readAreaFile(state, id)));
  return files.filter((file) => file !== undefined);
}

async function findArea(state: string, nameOrId: string): Promise<AreaFile> {
  const found = (await areaFiles(state)).find((file) => file.name === nameOrId || file.id === nameOrId);
  if (!found) throw new StorageError('ERR_AREA_UNKNOWN', `there is no area ${nameOrId} in ${state}`);
  return found;
}

async function writeAreaFile(state: string, file: AreaFile): Promise<void> {
  const path = areaFilePath(state, file.id);
  await makeDirectory(dirname(path));
  await replaceFile(path, `${JSON.stringify(file, undefined, 2)}\n`);
}

async function summary(state: string, file: AreaFile): Promise<AreaSummary> {
  return {
    id: file.id,
    name: file.name,
    uri: areaUri({ base: await rememberedUrl(state), area: file.id, place: '' }),
    quota: file.quota,
    appendOnly: file.appendOnly === true,
    issuers: await Promise.all(file.issuers.map(thumbprint)),
  };
}
