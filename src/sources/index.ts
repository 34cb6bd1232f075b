/**
 * Sources: how the databases of native applications are read and written, one folder for each kind. Which kinds
 * there are, and how one is opened by its name, stands here.
 */
import { basename, join } from 'node:path';
import { type Source, SourceError } from '../database/index.ts';
import { folderSource } from './folder/index.ts';
import { icalendarSource } from './icalendar/index.ts';
import { maildirSource } from './maildir/index.ts';
import { mboxSource } from './mbox/index.ts';
import { smsXmlSource } from './sms-xml/index.ts';
import { vcardSource } from './vcard/index.ts';

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
  if (kind === 'folder') return folderSource({ ...named, exclude: exclude ?? [] });
  if (exclude?.length) throw unusable(`a source of kind ${kind} has nothing to exclude; leave the rules out`);
  return opened[kind](named);
}

const opened: Readonly<
  Record<Exclude<SourceKind, 'folder'>, (options: { path: string; label?: string }) => Source>
> = {
  icalendar: icalendarSource,
  maildir: maildirSource,
  mbox: mboxSource,
  'sms-xml': smsXmlSource,
  vcard: vcardSource,
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
  if (kind === 'icalendar') return icalendarSource({ path: directory, into: named(/^[^.].*\.ics$/i) });
  if (kind === 'sms-xml') return smsXmlSource({ path: directory, into: named(/^[^.].*\.xml$/i) });
  if (kind === 'mbox') return mboxSource({ path: directory, into: named(/^[^.].*\.mbox$/i) });
  if (kind !== 'vcard') return openSource({ kind, path: directory });
  return openSource({ kind, path: join(directory, named(/^[^.].*\.vcf$/i) || 'contacts.vcf') });
}

const unusable = (message: string): SourceError =>
  new SourceError('ERR_SOURCE_UNAVAILABLE', message, {}, 'usage');
