/**
 * Sources: how the databases of native applications are read and written, one folder for each kind. Which kinds
 * there are, and how one is opened by its name, stands here. A kind's rooms are loaded by who lists or writes it.
 */
import { basename, join } from 'node:path';
import { type Source, SourceError } from '../database/index.ts';
import { lateSource } from './late.ts';

export const sourceKinds = ['folder', 'icalendar', 'maildir', 'mbox', 'sms-xml', 'vcard'] as const;
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
  if (!isSourceKind(kind))
    throw unusable(`no source kind is called "${kind}"; there are: ${sourceKinds.join(', ')}`);
  if (kind !== 'folder' && exclude?.length)
    throw unusable(`a source of kind ${kind} has nothing to exclude; leave the rules out`);
  return sourceOf(kind, { ...named, ...(exclude && { exclude }) });
}

interface Opening {
  readonly path: string;
  readonly label?: string;
  /** Kind `folder` only. */
  readonly exclude?: readonly string[];
  /** Name of the one file below the path that everything is written to; of kinds that are files. */
  readonly into?: string;
}

const sourceOf = (kind: SourceKind, options: Opening): Source =>
  lateSource(kind, () => opened[kind](options));

const opened: Readonly<Record<SourceKind, (options: Opening) => Promise<Source>>> = {
  folder: async (options) => (await import('./folder/index.ts')).folderSource(options),
  icalendar: async (options) => (await import('./icalendar/index.ts')).icalendarSource(options),
  maildir: async (options) => (await import('./maildir/index.ts')).maildirSource(options),
  mbox: async (options) => (await import('./mbox/index.ts')).mboxSource(options),
  'sms-xml': async (options) => (await import('./sms-xml/index.ts')).smsXmlSource(options),
  vcard: async (options) => (await import('./vcard/index.ts')).vcardSource(options),
};

/**
 * Where `restore --into` writes a database: `folder` and `maildir` into the directory itself, `vcard` to a `.vcf` file
 * in it. What came from the files of a folder goes into files of the same names in it, what came from a single file
 * into one file.
 *
 * @param original path of the source that was backed up, if known: a file keeps its name
 */
export function sourceForInto(kind: string, directory: string, original?: string): Source {
  const name = basename(original ?? '');
  const named = (pattern: RegExp): string => (pattern.test(name) ? name : '');
  if (kind === 'icalendar') return sourceOf(kind, { path: directory, into: named(/^[^.].*\.ics$/i) });
  if (kind === 'sms-xml') return sourceOf(kind, { path: directory, into: named(/^[^.].*\.xml$/i) });
  if (kind === 'mbox') return sourceOf(kind, { path: directory, into: named(/^[^.].*\.mbox$/i) });
  if (kind !== 'vcard') return openSource({ kind, path: directory });
  return openSource({ kind, path: join(directory, named(/^[^.].*\.vcf$/i) || 'contacts.vcf') });
}

const unusable = (message: string): SourceError =>
  new SourceError('ERR_SOURCE_UNAVAILABLE', message, {}, 'usage');
