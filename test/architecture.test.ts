import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import { type Files, violations } from './architecture.ts';

const src = join(import.meta.dirname, '../src');

function readSources(): Files {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  return new Map(paths.map((path) => [path.replaceAll(sep, '/'), readFileSync(join(src, path), 'utf8')]));
}

test('the sources are as the table says', () => {
  const found = violations(readSources());
  assert.equal(found.length, 0, `\n${found.join('\n')}`);
});

/** A small tree in which all is well. */
const sound = {
  'lib/bytes.ts': 'export const one = 1;\n',
  'platform/index.ts': '/** Platform. */\nexport interface Platform {}\n',
  'platform/node.ts': "import { hash } from 'node:crypto';\nimport type { Platform } from './index.ts';\n",
  'database/index.ts': "/** Database. */\nexport * from './item.ts';\n",
  'database/item.ts': "import { one } from '../lib/bytes.ts';\n",
  'set/index.ts': "/** Set. */\nexport * from './frame/index.ts';\n",
  'set/frame/index.ts': "/** Frame. */\nexport type { X } from '../../database/index.ts';\n",
  'crypto/index.ts': "/** Crypto. */\nimport { compactDecrypt } from 'jose/jwe/compact/decrypt';\n",
  'sources/index.ts': "/** Sources. */\nimport { createHash } from 'node:crypto';\n",
  'sources/sources.test.ts': "import { anything } from '../programs/device/inner.ts';\n",
  'api/grant/index.ts':
    "/** Grant. */\nimport { jwtVerify } from 'jose/jwt/verify';\nimport { z } from 'zod';\n",
  'backup/index.ts': "/** Backup. */\nimport type { Platform } from '../platform/index.ts';\n",
  'transport/index.ts': "/** Transport. */\nimport { request } from 'node:http';\n",
  'programs/storage/index.ts': "/** Storage. */\nimport { verify } from '../../api/grant/index.ts';\n",
  'programs/server/index.ts':
    "/** Server. */\nimport { node } from '../../platform/node.ts';\nimport { Hono } from 'hono';\n",
  'programs/device/index.ts': "/** Device. */\nexport const start = () => import('../../backup/index.ts');\n",
  'programs/cli/index.ts':
    "/** Command line. */\nimport { Command } from 'commander';\nconst run = () => import('../device/index.ts');\n",
};

/** What is planted, and the only thing that is to be found. */
const planted: readonly (readonly [what: string, files: { [path: string]: string }, found: RegExp])[] = [
  [
    'a room that may not',
    { 'database/a.ts': "import { x } from '../set/index.ts';\n" },
    /^database\/a\.ts: database may not import set /,
  ],
  [
    'a type import',
    { 'transport/a.ts': "import type { X } from '../set/index.ts';\n" },
    /transport may not import set/,
  ],
  [
    'an inline type import',
    { 'transport/a.ts': "let x: import('../set/index.ts').X;\n" },
    /transport may not import set/,
  ],
  [
    'a dynamic import',
    { 'transport/a.ts': "const x = () => import('../set/index.ts');\n" },
    /transport may not import set/,
  ],
  ['a re-export', { 'transport/a.ts': "export * from '../set/index.ts';\n" }, /transport may not import set/],
  [
    'an import for its effects',
    { 'transport/a.ts': "import '../set/index.ts';\n" },
    /transport may not import set/,
  ],
  [
    'an import over several lines',
    { 'transport/a.ts': "import {\n  x,\n  type Y,\n} from '../set/index.ts';\n" },
    /transport may not import set/,
  ],
  [
    'a platform chosen by portable code',
    { 'backup/a.ts': "import { n } from '../platform/node.ts';\n" },
    /backup may not import platform\/node\.ts/,
  ],
  [
    'a program imported by a room',
    { 'transport/a.ts': "import { s } from '../programs/device/index.ts';\n" },
    /transport may not import programs\/device/,
  ],
  [
    'a program imported by another',
    { 'programs/server/a.ts': "import { s } from '../storage/index.ts';\n" },
    /programs\/server may not import programs\/storage/,
  ],
  [
    'an import of nothing',
    { 'transport/a.ts': "import { x } from './gone.ts';\n" },
    /imports transport\/gone\.ts, which is not there/,
  ],
  [
    'a room that nobody knows',
    { 'utils/index.ts': '/** Utils. */\n' },
    /^utils\/index\.ts: belongs to no room/,
  ],

  [
    'JWE outside',
    { 'api/a/index.ts': "/** A. */\nimport { x } from 'jose/jwe/compact/encrypt';\n" },
    /api may not use jose\/jwe/,
  ],
  ['all of jose', { 'crypto/a.ts': "import { compactDecrypt } from 'jose';\n" }, /crypto may not use jose$/],
  [
    'JWS outside',
    { 'sources/a.ts': "import { x } from 'jose/jws/compact/sign';\n" },
    /sources may not use jose\/jws/,
  ],
  ['zod outside', { 'backup/a.ts': "import { z } from 'zod';\n" }, /backup may not use zod/],
  [
    'hono outside',
    { 'programs/storage/a.ts': "import { Hono } from 'hono';\n" },
    /programs\/storage may not use hono/,
  ],
  ['a package nobody allowed', { 'lib/a.ts': "import x from 'left-pad';\n" }, /lib may not use left-pad/],
  [
    'Node without saying so',
    { 'transport/a.ts': "import fs from 'fs';\n" },
    /transport may not use fs \(without node:\)/,
  ],

  [
    'Node in a portable room',
    { 'crypto/a.ts': "import { hash } from 'node:crypto';\n" },
    /imports node:crypto in the portable room crypto/,
  ],
  [
    'Buffer in a portable room',
    { 'lib/a.ts': "const b = Buffer.from('');\n" },
    /uses Buffer or process in the portable room lib/,
  ],
  ['process in a portable room', { 'set/a.ts': 'const e = process.env;\n' }, /uses Buffer or process/],
  [
    'ciphers in a source',
    { 'sources/a.ts': "import { createDecipheriv, hash } from 'node:crypto';\n" },
    /takes more than hashes from node:crypto/,
  ],
  [
    'all of node:crypto in a source',
    { 'sources/a.ts': "import * as c from 'node:crypto';\n" },
    /takes more than hashes/,
  ],
  [
    'ciphers in the storage',
    { 'programs/storage/a.ts': "import { createDecipheriv } from 'node:crypto';\n" },
    /takes more than hashes/,
  ],
  ['WebCrypto in the storage', { 'programs/storage/a.ts': 'const s = crypto.subtle;\n' }, /uses WebCrypto/],
  ['a hidden import', { 'lib/a.ts': "const fs = require('node:fs');\n" }, /imports in a hidden way/],
  [
    'another hidden import',
    { 'transport/a.ts': "const fs = process.getBuiltinModule('fs');\n" },
    /imports in a hidden way/,
  ],
  [
    'an import by a variable',
    { 'transport/a.ts': 'const x = (name: string) => import(name);\n' },
    /cannot be known/,
  ],

  [
    'a way past the door',
    { 'backup/a.ts': "import { x } from '../database/item.ts';\n" },
    /enters database past its index\.ts/,
  ],
  [
    'a way past an inner door',
    { 'set/frame/b.ts': '', 'set/a.ts': "import { x } from './frame/b.ts';\n" },
    /enters set\/frame past/,
  ],
  ['a folder without a door', { 'set/b/c.ts': '' }, /^set\/b: has no index\.ts/],
  [
    'a door that says nothing',
    { 'set/b/index.ts': 'export {};\n' },
    /does not begin by saying what the folder is/,
  ],
  [
    'a cycle of types',
    { 'set/a.ts': "import type { B } from './b.ts';\n", 'set/b.ts': "import type { A } from './a.ts';\n" },
    /^cycle: set\/a\.ts > set\/b\.ts > set\/a\.ts$/,
  ],
  ['a long file', { 'set/a.ts': '\n'.repeat(351) }, /^set\/a\.ts: 351 lines/],
  [
    'many longish files',
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`set/${i}.ts`, '\n'.repeat(151)])),
    /^half of all files have 151 lines or more/,
  ],
];

test('a sound tree is found to be sound', () =>
  assert.deepEqual(violations(new Map(Object.entries(sound))), []));

for (const [what, files, expected] of planted) {
  test(`finds ${what}`, () => {
    const found = violations(new Map(Object.entries({ ...sound, ...files })));
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, expected);
  });
}

/** Each step is allowed or not by itself; what counts here is where the way leads. */
const reaches: readonly (readonly [what: string, files: { [path: string]: string }, found: RegExp])[] = [
  [
    'from storage to JWE',
    { 'api/grant/jws.ts': "import { x } from 'jose/jwe/compact/decrypt';\n" },
    /^programs\/storage reaches jose\/jwe/,
  ],
  [
    'from storage to all of jose',
    { 'api/grant/jws.ts': "import { x } from 'jose';\n" },
    /^programs\/storage reaches jose /,
  ],
  [
    'from storage to crypto',
    { 'api/grant/jws.ts': "import type { X } from '../../crypto/index.ts';\n" },
    /^programs\/storage reaches crypto\/index\.ts .*: programs\/storage\/index\.ts > api\/grant\/index\.ts > api\/grant\/jws\.ts > crypto\/index\.ts$/,
  ],
  [
    'from storage to platform',
    { 'api/grant/jws.ts': "import type { X } from '../../platform/index.ts';\n" },
    /^programs\/storage reaches platform/,
  ],
  [
    'from server to backup',
    { 'api/grant/jws.ts': "import type { X } from '../../backup/index.ts';\n" },
    /^programs\/server reaches backup/,
  ],
  [
    'from server to sources',
    { 'api/grant/jws.ts': "const x = () => import('../../sources/index.ts');\n" },
    /^programs\/server reaches sources/,
  ],
  [
    'from desktop to custody',
    { 'api/grant/jws.ts': "import { x } from '../../custody/index.ts';\n" },
    /^programs\/desktop reaches custody/,
  ],
];

for (const [what, files, expected] of reaches) {
  test(`finds a way ${what}`, () => {
    const door = "/** Grant. */\nexport * from './jws.ts';\n";
    const user = "import { x } from '../../api/grant/index.ts';\n";
    const tree = {
      ...sound,
      ...files,
      'api/grant/index.ts': door,
      'programs/server/grants.ts': user,
      'programs/desktop/index.ts': `/** Desktop. */\n${user}`,
      'custody/index.ts': '/** Custody. */\n',
    };
    const found = violations(new Map(Object.entries(tree)));
    assert.ok(
      found.some((line) => expected.test(line)),
      found.join('\n'),
    );
  });
}
