/**
 * The segments of a set as its manifest lists them: by database id, data before index, in the order of their bytes.
 */
import { toBase64Url } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import {
  type ManifestDatabase,
  type ManifestSegment,
  type SegmentTable,
  segmentHashInput,
} from '../../set/index.ts';

export class SegmentList {
  readonly #platform: Platform;
  readonly #byDatabase = new Map<string, { data: ManifestSegment[]; index: ManifestSegment[] }>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** @returns the segment's id */
  add(stream: 'data' | 'index', table: SegmentTable): string {
    const database = toBase64Url(table.database);
    let lists = this.#byDatabase.get(database);
    if (!lists) this.#byDatabase.set(database, (lists = { data: [], index: [] }));
    const id = toBase64Url(table.id);
    lists[stream].push({
      id,
      stream,
      frames: table.frames.length,
      bytes: table.frames.reduce((sum, frame) => sum + frame.length, 0),
      hash: toBase64Url(this.#platform.sha256(segmentHashInput(stream, table.salt, table.frames))),
    });
    return id;
  }

  /** @param plain ids of the databases that are not encrypted */
  databases(plain: ReadonlySet<string>): ManifestDatabase[] {
    return [...this.#byDatabase].map(([id, { data, index }]) => ({
      id,
      ...(plain.has(id) ? { plain: true } : {}),
      segments: [...data, ...index],
    }));
  }
}
