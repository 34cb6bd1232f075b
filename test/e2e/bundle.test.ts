/** The bundle: what of it each program can load, and that it is the same whoever makes it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { type Bundled, bundle, type Chunk } from '../../scripts/bundle/index.ts';
import { unreachable } from '../architecture.ts';

const root = join(import.meta.dirname, '../..');
let scratch: string;
let built: Bundled;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-bundle-'));
  built = await bundle(join(scratch, 'one'));
});
after(() => rm(scratch, { recursive: true, force: true }));

const holding = (module: string): Chunk => {
  const found = built.chunks.find(({ modules }) => modules.includes(module));
  assert.ok(found, `${module} is in no chunk`);
  return found;
};

/** Every chunk that one leads to. */
async function reached(from: Chunk, next: (chunk: Chunk) => Promise<Chunk[]>): Promise<Chunk[]> {
  const seen = new Set<Chunk>();
  const open = [from];
  for (let chunk = open.pop(); chunk; chunk = open.pop()) {
    if (seen.has(chunk)) continue;
    seen.add(chunk);
    open.push(...(await next(chunk)));
  }
  return [...seen];
}

const text = ({ file }: Chunk): Promise<string> => readFile(join(scratch, 'one', file), 'utf8');
/** In whatever way: a name of a chunk is nowhere by chance. */
const named = async (chunk: Chunk): Promise<Chunk[]> => {
  const words = await text(chunk);
  return built.chunks.filter(({ file }) => words.includes(basename(file)));
};
const imported = async ({ imports }: Chunk): Promise<Chunk[]> =>
  built.chunks.filter(({ file }) => imports.includes(file));
const modulesOf = (chunks: readonly Chunk[]): string[] => chunks.flatMap(({ modules }) => modules);

/** As the table of the architecture writes it. */
const asImported = (module: string): string =>
  module
    .replace(/^src\//, '')
    .replace(
      /^node_modules\/jose\/dist\/webapi\/(jwe\/|lib\/(jwe|content_encryption|key_management)).*/,
      'jose/jwe',
    )
    .replace(/^node_modules\/jose\/dist\/webapi\/index\.js/, 'jose');

for (const [program, to, why] of unreachable) {
  const door = `src/${program}/index.ts`;
  if (!existsSync(join(root, door))) continue;
  test(`from ${program} not more can be loaded than its sources may: ${why}`, async () => {
    const chunks = await reached(holding(door), named);
    assert.deepEqual(
      modulesOf(chunks).filter((module) => to.test(asImported(module))),
      [],
    );
    if (program === 'programs/server') return;
    for (const chunk of chunks)
      assert.doesNotMatch(
        await text(chunk),
        /createDecipheriv|privateDecrypt|\.(decrypt|unwrapKey|deriveBits)\(/,
      );
  });
}

test('what a table forbids is found in the bundle where it is', async () => {
  const modules = modulesOf(await reached(holding('src/programs/device/index.ts'), named)).map(asImported);
  for (const found of ['jose/jwe', 'crypto/index.ts', 'custody/index.ts', 'platform/node.ts'])
    assert.ok(modules.includes(found), `${found} is not seen`);
});

test('the process of a token module has nothing but what it is', async () => {
  const chunks = await reached(holding('src/custody/wim/token/module/main.ts'), named);
  const foreign = modulesOf(chunks).filter((module) => !/^src\/(custody\/wim|lib)\//.test(module));
  assert.deepEqual(foreign, []);
});

test('what a command does not need is not loaded with it', async () => {
  const libraries = async (door: string): Promise<string[]> => {
    const modules = modulesOf(await reached(holding(door), imported));
    return [...new Set(modules.map((module) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? ''))]
      .filter((name) => name !== '')
      .sort();
  };
  assert.deepEqual(await libraries('src/programs/cli/index.ts'), ['commander']);
  assert.deepEqual(await libraries('src/programs/device/runs/backup.ts'), ['jose', 'zod']);
  assert.deepEqual(await libraries('src/programs/device/runs/restore.ts'), ['jose', 'zod']);
});

test('only sources and named libraries are in it, and no path of who made it', async () => {
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const tools = Object.keys(devDependencies).filter((name) =>
    /^@types|biome|fast-check|picomatch|typescript/.test(name),
  );
  const libraries = built.packages.map(({ name }) => name);
  assert.deepEqual(
    libraries.filter((name) => tools.includes(name)),
    [],
  );
  for (const module of modulesOf(built.chunks)) {
    if (/rolldown/.test(module)) continue;
    assert.match(module, /^(src|node_modules)\/.*\.(ts|js|mjs|cjs|json)$/);
    assert.doesNotMatch(module, /\.test\.ts$/);
  }
  for (const chunk of built.chunks) assert.ok(!(await text(chunk)).includes(root), chunk.file);
});

test('every library has its licence with it', async () => {
  const licences = await readFile(join(scratch, 'one', 'THIRD-PARTY-LICENSES'), 'utf8');
  for (const { name, version, licence } of built.packages) {
    assert.match(licence, /^(MIT|ISC)$/, `${name}: is it all right to copy it under ${licence}?`);
    assert.ok(licences.includes(`${name} ${version} (${licence})`), name);
  }
});

test('made twice, it is the same', async () => {
  await bundle(join(scratch, 'two'));
  const [one, two] = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const entries = await readdir(join(scratch, name), { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      return Promise.all(
        files.sort().map(async (file) => [relative(join(scratch, name), file), await readFile(file, 'utf8')]),
      );
    }),
  );
  assert.deepEqual(two, one);
});
