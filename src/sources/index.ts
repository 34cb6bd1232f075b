/**
 * Sources: how the databases of native applications are read and written, one folder for each kind. Which kinds
 * there are, and how one is opened by its name, stands here.
 */
import { basename, join } from 'node:path';
import { type Source, SourceError } from '../database/index.ts';
import { folderSource } from './folder/index.ts';
import { vcardSource } from './vcard/index.ts';

export const sourceKinds = ['folder', 'vcard'] as const;
export type SourceKind = (typeof sourceKinds)[number];

export const isSourceKind = (kind: string): kind is SourceKind =>
  (sourceKinds as readonly string[]).includes(kind);

/** As `source add` records it. */
export interface SourceSpec {
  readonly kind: string;
  readonly path: string;
  /** For messages, and for classifying. */
  readonly label?: string;
  /** gitignore rules relative to the path; kind `folder` only. */
  readonly exclude?: readonly string[];
}

/** Opens nothing yet: a source that is not there shows when it is listed. @throws SourceError of kind `usage` */
export function openSource({ kind, path, label, exclude }: SourceSpec): Source {
  const named = { path, ...(label !== undefined && { label }) };
  if (kind === 'folder') return folderSource({ ...named, exclude: exclude ?? [] });
  if (kind !== 'vcard')
    throw unusable(`no source kind is called "${kind}"; there are: ${sourceKinds.join(', ')}`);
  if (exclude?.length) throw unusable('a source of kind vcard has nothing to exclude; leave the rules out');
  return vcardSource(named);
}

/**
 * Where `restore --into` writes a database: `folder` into the directory itself, `vcard` to a `.vcf` file in it.
 *
 * @param original path of the source that was backed up, if known: a file keeps its name
 */
export function sourceForInto(kind: string, directory: string, original?: string): Source {
  if (kind !== 'vcard') return openSource({ kind, path: directory });
  const name = basename(original ?? '');
  return openSource({ kind, path: join(directory, /^[^.].*\.vcf$/i.test(name) ? name : 'contacts.vcf') });
}

const unusable = (message: string): SourceError =>
  new SourceError('ERR_SOURCE_UNAVAILABLE', message, {}, 'usage');
