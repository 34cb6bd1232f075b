import { MalformedError } from '../../lib/binary.ts';
import { asBytesText, asHash, asId, asInteger, asList, asObject } from '../../lib/shape.ts';
import type {
  IndexPart,
  Manifest,
  ManifestDatabase,
  ManifestEnvelope,
  ManifestSegment,
  Pruning,
  RecappedSet,
  RewrappedEnvelope,
  UsedSet,
} from './manifest.ts';

/**
 * Checks that a verified payload is a manifest. Unknown members are ignored, so that later versions may add to it;
 * an unknown `v` or `kind` is refused.
 * @throws MalformedError naming the member
 */
export function parseManifest(value: unknown): Manifest {
  const m = object(value, 'manifest');
  if (m.v !== 1) throw new MalformedError('a manifest of an unknown version');
  const kind = m.kind as Manifest['kind'];
  if (!KINDS.includes(kind)) throw new MalformedError('a manifest of an unknown kind');
  const keyring = object(m.keyring, 'keyring');
  const counter = count(m.counter, 'counter', 1);
  const base = count(m.base, 'base', 1);
  if (base > counter) throw new MalformedError('manifest base');
  if (kind === 'rewrap' && m.rewrap === undefined) throw new MalformedError('manifest rewrap');
  return {
    v: 1,
    kind,
    device: id(m.device, 'device'),
    chain: id(m.chain, 'chain'),
    set: id(m.set, 'set'),
    counter,
    ...(m.prev === undefined ? {} : { prev: hash(m.prev, 'prev') }),
    base,
    time: count(m.time, 'time'),
    keyring: { id: id(keyring.id, 'keyring.id'), envelopes: list(keyring.envelopes, 'envelopes', envelope) },
    databases: list(m.databases, 'databases', database),
    indexes: list(m.indexes, 'indexes', (parts) => list(parts, 'index', (one) => part(one, kind))),
    uses: list(m.uses, 'uses', used),
    ...(m.recap === undefined ? {} : { recap: list(m.recap, 'recap', (one) => recapped(one, counter)) }),
    ...(m.recapped === undefined ? {} : { recapped: earlier(m.recapped, counter) }),
    ...(m.prune === undefined ? {} : { prune: pruning(m.prune) }),
    ...(m.pruned === undefined ? {} : { pruned: used(m.pruned) }),
    ...(m.rewrap === undefined ? {} : { rewrap: list(m.rewrap, 'rewrap', rewrapped) }),
    ...(m.rewrapped === undefined ? {} : { rewrapped: used(m.rewrapped) }),
    ...(m.alerts === undefined ? {} : { alerts: list(m.alerts, 'alerts', (set) => id(set, 'alert')) }),
    ...(kind === 'share' && m.ended === true ? { ended: true as const } : {}),
    ...(m.continues === undefined ? {} : { continues: continued(m.continues) }),
  };
}

const KINDS: readonly Manifest['kind'][] = ['backup', 'checkpoint', 'rewrap', 'prune', 'share'];
const MAX_LIST = 100_000;

function database(value: unknown): ManifestDatabase {
  const d = object(value, 'databases[]');
  if (d.plain !== undefined && d.plain !== true) throw new MalformedError('manifest plain');
  return {
    id: id(d.id, 'database id'),
    ...(d.plain ? { plain: true } : {}),
    segments: list(d.segments, 'segments', segment),
  };
}

function segment(value: unknown): ManifestSegment {
  const s = object(value, 'segments[]');
  if (s.stream !== 'data' && s.stream !== 'index') throw new MalformedError('manifest stream');
  return {
    id: segmentId(s.id, 'segment id'),
    stream: s.stream,
    frames: count(s.frames, 'frames', 1),
    bytes: count(s.bytes, 'bytes'),
    hash: hash(s.hash, 'segment hash'),
  };
}

function part(value: unknown, kind: Manifest['kind']): IndexPart {
  const p = object(value, 'index[]');
  const place = { set: id(p.set, 'index set'), database: id(p.database, 'index database') };
  if (kind !== 'checkpoint' || p.segments === undefined) return place;
  return {
    ...place,
    segments: list(p.segments, 'index segments', (one) => segmentId(one, 'index segment')),
  };
}

function envelope(value: unknown): ManifestEnvelope {
  const e = object(value, 'envelopes[]');
  const { side } = e;
  if (side !== undefined && side !== 'company' && side !== 'user') throw new MalformedError('envelope side');
  return {
    number: count(e.number, 'envelope number'),
    hash: hash(e.hash, 'envelope hash'),
    ...(side && { side }),
    databases: list(e.databases, 'envelope databases', (one) => committed(one, side !== undefined)),
  };
}

function committed(value: unknown, shared: boolean): ManifestEnvelope['databases'][number] {
  const c = object(value, 'envelope databases[]');
  return {
    id: id(c.id, 'database id'),
    commitment: hash(c.commitment, 'commitment'),
    ...(shared && { share: hash(c.share, 'commitment to a share') }),
  };
}

function used(value: unknown): UsedSet {
  const u = object(value, 'uses[]');
  return {
    set: id(u.set, 'used set'),
    counter: count(u.counter, 'used counter', 1),
    time: count(u.time, 'used time'),
    hash: hash(u.hash, 'used hash'),
  };
}

/** Whoever goes from one to the next comes to an end. */
function earlier(value: unknown, counter: number): UsedSet {
  const set = used(value);
  if (set.counter >= counter) throw new MalformedError('manifest recap of what comes later');
  return set;
}

function recapped(value: unknown, counter: number): RecappedSet {
  return { ...earlier(value, counter), bytes: count(object(value, 'recap[]').bytes, 'recap bytes') };
}

function pruning(value: unknown): Pruning {
  const p = object(value, 'prune');
  return {
    kept: list(p.kept, 'kept', used),
    removed: list(p.removed, 'removed', used),
    gone: list(p.gone, 'gone', (entry) => {
      const g = object(entry, 'gone[]');
      const segments = list(g.segments, 'gone segments', (s) => segmentId(s, 'gone segment'));
      return { set: id(g.set, 'gone set'), segments };
    }),
  };
}

function rewrapped(value: unknown): RewrappedEnvelope {
  const r = object(value, 'rewrap[]');
  const now = object(r.new, 'rewrap new');
  return {
    device: id(r.device, 'rewrap device'),
    chain: id(r.chain, 'rewrap chain'),
    keyring: id(r.keyring, 'rewrap keyring'),
    number: count(r.number, 'rewrap number'),
    hash: hash(r.hash, 'rewrap hash'),
    new: { number: count(now.number, 'rewrap new number'), hash: hash(now.hash, 'rewrap new hash') },
  };
}

function continued(value: unknown): NonNullable<Manifest['continues']> {
  const c = object(value, 'continues');
  return {
    chain: id(c.chain, 'chain'),
    counter: count(c.counter, 'counter', 1),
    hash: hash(c.hash, 'hash'),
  };
}

const list = <T>(value: unknown, name: string, each: (value: unknown) => T): T[] =>
  asList(value, `manifest ${name}`, MAX_LIST, each);
const count = (value: unknown, name: string, least = 0): number =>
  asInteger(value, `manifest ${name}`, least);
const object = (value: unknown, name: string) => asObject(value, `manifest ${name}`);
const id = (value: unknown, name: string): string => asId(value, `manifest ${name}`);
const segmentId = (value: unknown, name: string): string => asBytesText(value, `manifest ${name}`, 8);
const hash = (value: unknown, name: string): string => asHash(value, `manifest ${name}`);
