/** What dominates a CPU profile: time by room of the sources, and which calls it is spent in there. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: Frame;
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SHOWN = 5;
const BEGINS = /^\/\/ (?=(?:src|node_modules)\/)/;

/** One line: the rooms that took most, each with what it does most. Idle time is left out. */
export async function dominating(path: string): Promise<string> {
  const profile = JSON.parse(await readFile(path, 'utf8')) as Profile;
  const times = new Map<number, number>();
  profile.samples.forEach((id, i) => {
    times.set(id, (times.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0));
  });
  const rooms = byRoom(profile, times);
  const all = [...rooms.values()].reduce((sum, { time }) => sum + time, 0);
  return [...rooms]
    .sort(([, a], [, b]) => b.time - a.time)
    .slice(0, SHOWN)
    .map(([room, { time, calls }]) => `${room} ${percent(time, all)}${most(calls, time)}`)
    .join('; ');
}

interface Spent {
  time: number;
  readonly calls: Map<string, number>;
}

function byRoom({ nodes }: Profile, times: ReadonlyMap<number, number>): Map<string, Spent> {
  const found = new Map<string, Spent>();
  const known = new Map(nodes.map((node) => [node.id, node]));
  const moduleOf = modulesOfChunks();
  const visit = (id: number, above: string): void => {
    const node = known.get(id)!;
    const { functionName } = node.callFrame;
    const room = roomOf(functionName, moduleOf(node.callFrame)) ?? above;
    const time = times.get(id) ?? 0;
    if (time > 0 && room !== '') {
      const spent = found.get(room) ?? { time: 0, calls: new Map<string, number>() };
      spent.time += time;
      const name = functionName || 'anonymous';
      spent.calls.set(name, (spent.calls.get(name) ?? 0) + time);
      found.set(room, spent);
    }
    for (const child of node.children ?? []) visit(child, room);
  };
  if (nodes[0]) visit(nodes[0].id, 'Node');
  return found;
}

/** The bundle says where each module begins in a chunk. */
function modulesOfChunks(): (frame: Frame) => string {
  const chunks = new Map<string, readonly string[]>();
  return ({ url, lineNumber }) => {
    if (!url.startsWith('file:') || !url.includes('/dist/') || url.includes('/node_modules/')) return url;
    const lines = chunks.get(url) ?? readFileSync(fileURLToPath(url), 'utf8').split('\n');
    chunks.set(url, lines);
    const begun = lines.slice(0, lineNumber + 1).findLast((line) => BEGINS.test(line));
    return begun === undefined ? url : `/${begun.replace(BEGINS, '')}`;
  };
}

/** Where a frame belongs; undefined: where its caller does. Empty: it does not count. */
function roomOf(name: string, url: string): string | undefined {
  if (name === '(idle)') return '';
  if (name === '(garbage collector)') return 'garbage collection';
  if (name === '(program)') return 'outside JavaScript';
  const needed = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (needed !== undefined) return needed;
  const own = /\/src\/(.+)\/[^/]+$/.exec(url)?.[1];
  if (own !== undefined)
    return own
      .split('/')
      .slice(0, own.startsWith('programs/') ? 3 : 2)
      .join('/');
  if (/^node:internal\/modules\//.test(url)) return 'loading the program';
  return undefined;
}

function most(calls: ReadonlyMap<string, number>, time: number): string {
  const names = [...calls]
    .filter(([name, spent]) => spent > time * 0.1 && !name.startsWith('('))
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([name]) => name);
  return names.length === 0 ? '' : ` (${names.join(', ')})`;
}

const percent = (part: number, all: number): string => `${((part / all) * 100).toFixed(0)} %`;
