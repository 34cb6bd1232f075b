import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A package of others, some of which is in the bundle. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Name, licence and its whole wording, which has to go with what is copied. */
  readonly text: string;
}

const RULE = '-'.repeat(80);

/** Packages that name their licence without its wording, and the one of the same authors that has it. */
const WORDED_IN: Readonly<Record<string, string>> = {
  '@hono/zod-openapi': 'hono',
  '@hono/zod-validator': 'hono',
};

/** @throws Error when a package does not say under which licence it may be copied */
export async function licences(root: string, modules: ReadonlySet<string>): Promise<Package[]> {
  const folders = new Set<string>();
  for (const module of modules) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module) ?? [];
    if (folder) folders.add(folder);
    // The lines by which chunks are bound together.
    else if (module.includes('rolldown')) folders.add('node_modules/rolldown');
  }
  return Promise.all([...folders].sort().map((folder) => describe(root, folder)));
}

async function describe(root: string, path: string): Promise<Package> {
  const folder = join(root, path);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const { name, version, license } = manifest;
  const other = WORDED_IN[name];
  const words = await wordings(other ? join(root, 'node_modules', other) : folder);
  if (!license || words.length === 0) throw new Error(`${name} ${version} comes without a licence`);
  const text = [
    RULE,
    `${name} ${version} (${license})`,
    RULE,
    ...words.map((word) => `${word.trim()}\n`),
  ].join('\n');
  return { name, version, licence: license, text };
}

async function wordings(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  return Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
}
