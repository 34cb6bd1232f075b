/**
 * The architecture as a table, and the checker that compares source files with it: which room may import which
 * (docs/architecture.md, "Rooms"; type imports count), which packages and which parts of Node each may use.
 */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';

/** Path below `src` to text. */
export type Files = ReadonlyMap<string, string>;

interface Room {
  /** Rooms that may be imported, besides itself and `lib`; `policy` stands for every room below it. */
  readonly imports: readonly string[];
  /** No `node:`, no Buffer, no process: runs in a browser too. */
  readonly portable?: true;
  /** Of `node:crypto` only what hashes and names things: it cannot decrypt. */
  readonly hashesOnly?: true;
}

const everything = [
  'disk',
  'platform/index.ts',
  'formats',
  'database',
  'set',
  'policy',
  'crypto',
  'api',
  'backup',
  'state',
  'custody',
  'transport',
  'sources',
  'destinations',
] as const;

/** The longest name that a path begins with is its room. */
export const rooms: { readonly [room: string]: Room } = {
  lib: { imports: [], portable: true },
  'platform/index.ts': { imports: [], portable: true },
  'platform/node.ts': { imports: ['platform/index.ts'] },
  disk: { imports: [] },
  formats: { imports: [], portable: true },
  database: { imports: [], portable: true },
  set: { imports: ['formats', 'database'], portable: true },
  'policy/rules': { imports: ['database'], portable: true },
  'policy/evaluate': { imports: ['policy/rules', 'database'], portable: true },
  crypto: { imports: ['platform/index.ts', 'set'], portable: true },
  'policy/message': {
    imports: ['platform/index.ts', 'database', 'set', 'crypto', 'policy/rules'],
    portable: true,
  },
  'policy/owner': { imports: ['platform/index.ts', 'crypto'], portable: true },
  api: { imports: ['database', 'set', 'policy/rules'], portable: true },
  backup: { imports: ['platform/index.ts', 'database', 'set', 'crypto', 'policy'], portable: true },
  state: { imports: ['database', 'set', 'backup'] },
  custody: { imports: ['platform/index.ts', 'database', 'set', 'crypto', 'policy'] },
  transport: { imports: ['formats'] },
  sources: { imports: ['formats', 'database'], hashesOnly: true },
  destinations: { imports: ['disk', 'formats', 'set', 'api', 'transport'], hashesOnly: true },
  'programs/storage': { imports: ['disk', 'api', 'set', 'formats'], hashesOnly: true },
  'programs/desktop': {
    imports: ['api', 'formats', 'database', 'set', 'transport', 'destinations'],
    hashesOnly: true,
  },
  'programs/server': {
    imports: ['disk', 'platform/index.ts', 'platform/node.ts', 'database', 'set', 'crypto', 'policy', 'api'],
  },
  'programs/device': { imports: [...everything, 'platform/node.ts'] },
  'programs/web': { imports: ['api', 'database'], portable: true },
  'programs/cli': {
    imports: [
      'api',
      'transport',
      'formats',
      'programs/storage',
      'programs/desktop',
      'programs/server',
      'programs/device',
    ],
  },
};

/** Who may use a package; the first pattern that matches counts. What is not listed is nobody's. */
const packages: readonly (readonly [name: RegExp, rooms: readonly string[]])[] = [
  [/^jose\/jwe\//, ['crypto', 'policy/message', 'custody']],
  [
    /^jose\/(jwt|jws|jwk|key|decode|errors)/,
    ['crypto', 'policy/message', 'policy/owner', 'custody', 'api/grant', 'programs/server'],
  ],
  // Storage and device check the files of their own state with the same schemas that they have on the wire.
  [/^zod$/, ['api', 'programs/server', 'programs/storage', 'programs/device']],
  [/^(hono(\/.*)?|@hono\/.*)$/, ['programs/server']],
  [/^kysely(\/migration)?$/, ['programs/server']],
  [/^pino$/, ['programs']],
  [/^(commander|@clack\/prompts)$/, ['programs/cli']],
  // Policies; the command line's own settings.
  [/^yaml$/, ['policy/rules/yaml', 'programs/cli']],
  [/^ignore$/, ['sources']],
  // Words of a recovery phrase; the way to PKCS#11 modules.
  [/^@scure\/bip39(\/wordlists\/english\.js)?$/, ['custody/wim/phrase']],
  [/^pkcs11js$/, ['custody/wim/token']],
];

/** From these rooms those must not be reachable, through whatever is in between. */
export const unreachable: readonly (readonly [from: string, to: RegExp, why: string])[] = [
  [
    'programs/storage',
    /^(crypto|custody|backup|platform)\/|^jose(\/jwe.*)?$/,
    'it cannot decrypt, by construction',
  ],
  [
    'programs/desktop',
    /^(crypto|custody|backup|platform)\/|^jose(\/jwe.*)?$/,
    'it cannot decrypt, by construction',
  ],
  ['programs/server', /^(backup|custody|sources)\//, 'it never sees user data'],
];

const HASHES = ['createHash', 'hash', 'randomBytes', 'randomUUID', 'timingSafeEqual', 'type Hash'];
const LONGEST_FILE = 350;
const MEDIAN_FILE = 150;

/** Everything in which the files are not as the table says, one line each. */
export function violations(files: Files): string[] {
  const sources = new Map([...files].filter(([path]) => !path.endsWith('.test.ts')));
  const graph = new Map([...sources].map(([path, text]) => [path, importsOf(path, text)]));
  return [
    ...[...sources].flatMap(([path, text]) => checkText(path, text)),
    ...[...graph].flatMap(([path, imports]) => imports.flatMap((found) => checkImport(path, found, sources))),
    ...checkDoors(sources),
    ...checkReach(graph),
    ...checkCycles(graph),
    ...checkSizes(sources),
  ];
}

interface Import {
  /** A path below `src`, or a package. */
  readonly target: string;
  readonly local: boolean;
  /** `import()`: loaded when it is needed, or only a type. */
  readonly dynamic: boolean;
  /** Between `import` and `from`. */
  readonly names: string;
}

function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  const found = [
    ...code.matchAll(/^(?:import|export)\b([\w\s{},*$]*?)\bfrom\s*'([^']+)'/gm),
    ...code.matchAll(/^(import)\s*'([^']+)'/gm),
    ...code.matchAll(/\b(import)\(\s*'([^']+)'\s*\)/g),
  ];
  return found.map(([statement, names = '', to = '']) => {
    const local = to.startsWith('.');
    const target = local ? posix.join(posix.dirname(path), to) : to;
    return { target, local, dynamic: statement.startsWith('import('), names: names.trim() };
  });
}

/** Whole lines only, as the formatter leaves them: text in strings that looks like a comment stays. */
const withoutComments = (text: string): string => text.replace(/^\s*(\/\/|\/?\*).*$/gm, '');

function checkText(path: string, text: string): string[] {
  const code = withoutComments(text);
  const room = roomOf(path);
  if (!room) return [`${path}: belongs to no room`];
  const bad: string[] = [];
  if (/\brequire\(|\bcreateRequire\b|\bgetBuiltinModule\b/.test(code)) bad.push('imports in a hidden way');
  if (/\bimport\((?!\s*'[^']+'\s*\))/.test(code)) bad.push('imports something that cannot be known');
  if (rooms[room]?.portable && /\bBuffer\b[.(]|\bprocess\.|\b__dirname\b/.test(code)) {
    bad.push(`uses Buffer or process in the portable room ${room}`);
  }
  if (rooms[room]?.hashesOnly && /\bsubtle\b(?!\.digest\()/.test(code)) bad.push(`uses WebCrypto in ${room}`);
  return bad.map((what) => `${path}: ${what}`);
}

function checkImport(path: string, found: Import, files: Files): string[] {
  const { target, local, names } = found;
  const room = roomOf(path) ?? '';
  if (local) {
    const to = roomOf(target);
    if (!files.has(target)) return [`${path}: imports ${target}, which is not there`];
    if (!to || !mayImport(room, to)) return [`${path}: ${room} may not import ${to} (${target})`];
    // Within a room one file may be loaded late without the rest of its folder: that is what late is for.
    if (found.dynamic && to === room) return [];
    return entersByDoor(path, target) ? [] : [`${path}: enters ${posix.dirname(target)} past its index.ts`];
  }
  if (target.startsWith('node:')) {
    if (rooms[room]?.portable) return [`${path}: imports ${target} in the portable room ${room}`];
    const beyond = target === 'node:crypto' && rooms[room]?.hashesOnly && !onlyHashes(names);
    return beyond ? [`${path}: takes more than hashes from node:crypto (${names})`] : [];
  }
  const users = packages.find(([name]) => name.test(target))?.[1] ?? [];
  const hint = builtinModules.includes(target) ? ' (without node:)' : '';
  return users.some((user) => isIn(path, user)) ? [] : [`${path}: ${room} may not use ${target}${hint}`];
}

function mayImport(from: string, to: string): boolean {
  if (from === to || to === 'lib') return true;
  return (rooms[from]?.imports ?? []).some((allowed) => to === allowed || to.startsWith(`${allowed}/`));
}

/** Into a folder from outside only by an index.ts; `lib` and `platform` are single pages. */
function entersByDoor(from: string, to: string): boolean {
  const folder = posix.dirname(to);
  if (isIn(from, folder) || /^(lib|platform)\//.test(to)) return true;
  return posix.basename(to) === 'index.ts';
}

function onlyHashes(names: string): boolean {
  const list = /^\{([\s\S]*)\}$/.exec(names)?.[1]?.split(',') ?? ['*'];
  return list.map((name) => name.trim()).every((name) => name === '' || HASHES.includes(name));
}

/** Every folder with files has a door that says what the folder is. */
function checkDoors(files: Files): string[] {
  const folders = new Set([...files.keys()].map((path) => posix.dirname(path)));
  return [...folders].flatMap((folder) => {
    if (folder === 'lib' || folder === '.') return [];
    const door = files.get(`${folder}/index.ts`);
    if (door === undefined) return [`${folder}: has no index.ts`];
    return door.startsWith('/**') ? [] : [`${folder}/index.ts: does not begin by saying what the folder is`];
  });
}

type Graph = ReadonlyMap<string, readonly Import[]>;

function checkReach(graph: Graph): string[] {
  return unreachable.flatMap(([from, forbidden, why]) => {
    const starts = [...graph.keys()].filter((path) => isIn(path, from));
    const via = new Map<string, string | undefined>(starts.map((path) => [path, undefined]));
    // A Map is walked in order of insertion, also what is inserted while walking.
    for (const path of via.keys()) {
      for (const { target } of graph.get(path) ?? []) if (!via.has(target)) via.set(target, path);
    }
    const reached = [...via.keys()].filter((path) => forbidden.test(path));
    return reached.map((path) => `${from} reaches ${path} (${why}): ${wayTo(path, via).join(' > ')}`);
  });
}

function wayTo(path: string, via: ReadonlyMap<string, string | undefined>): string[] {
  const before = via.get(path);
  return before === undefined ? [path] : [...wayTo(before, via), path];
}

function checkCycles(graph: Graph): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) cycles.push(`cycle: ${[...way.slice(way.indexOf(path)), path].join(' > ')}`);
    else if (!done.has(path)) {
      for (const { target, local } of graph.get(path) ?? []) if (local) walk(target, [...way, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) walk(path, []);
  return cycles;
}

function checkSizes(files: Files): string[] {
  const sizes = [...files].map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }));
  sizes.sort((a, b) => a.lines - b.lines);
  const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
  return [
    ...sizes.filter(({ lines }) => lines > LONGEST_FILE).map(({ path, lines }) => `${path}: ${lines} lines`),
    ...(median < MEDIAN_FILE ? [] : [`half of all files have ${median} lines or more`]),
  ];
}

function roomOf(path: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => isIn(path, room))
    .sort((a, b) => b.length - a.length)[0];
}

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
