/**
 * Makes the data of the invented phone in `examples/phone`: the same bytes each time.
 *
 *     node scripts/make-example-phone.ts           writes it
 *     node scripts/make-example-phone.ts --check   says what differs from what is there
 *
 * Each entry of the folder is a database of that name: a `.vcf` file of contacts, or a folder of files.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { contacts } from './example-phone/contacts.ts';
import { documents } from './example-phone/documents.ts';
import { pictures } from './example-phone/pictures.ts';
import { sounds } from './example-phone/sounds.ts';

export const examplePhone = join(import.meta.dirname, '..', 'examples', 'phone');

/** Path to bytes, `/` between parts. */
export function makePhone(): Map<string, Buffer> {
  const files = new Map([['Address Book.vcf', contacts()]]);
  const folders = { Documents: documents(), Pictures: pictures(), 'Voice Mail': sounds() };
  for (const [folder, below] of Object.entries(folders)) {
    for (const [name, bytes] of below) files.set(`${folder}/${name}`, bytes);
  }
  return files;
}

/** The paths that are missing, too many, or other than they would be made. */
export function differences(): string[] {
  const made = makePhone();
  const found = new Set(
    readdirSync(examplePhone, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(examplePhone, join(entry.parentPath, entry.name)).split(sep).join('/')),
  );
  const wrong = [...made].filter(
    ([path, bytes]) => !found.delete(path) || !bytes.equals(readFileSync(join(examplePhone, path))),
  );
  return [...wrong.map(([path]) => path), ...found].sort();
}

function write(): void {
  rmSync(examplePhone, { recursive: true, force: true });
  for (const [path, bytes] of makePhone()) {
    mkdirSync(dirname(join(examplePhone, path)), { recursive: true });
    writeFileSync(join(examplePhone, path), bytes);
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const different = differences();
    for (const path of different) console.error(`differs: ${path}`);
    process.exitCode = different.length > 0 ? 1 : 0;
  } else write();
}
