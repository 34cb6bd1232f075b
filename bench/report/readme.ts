import { readFile, writeFile } from 'node:fs/promises';

/** What is new comes before this. */
const AFTER = /^## How it is built$/m;

/**
 * Puts a text between the markers of a name, `<!-- NAME -->` and `<!-- end of NAME -->`; the markers are made where
 * they are missing.
 */
export async function writeInto(path: string, name: string, text: string): Promise<void> {
  const before = await readFile(path, 'utf8');
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const block = `${begin}\n\n${text}\n\n${end}`;
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  const after =
    from < 0 || to < from
      ? before.replace(AFTER, (heading) => `${block}\n\n${heading}`)
      : before.slice(0, from) + block + before.slice(to + end.length);
  await writeFile(path, after);
}
