import {
  type Decided,
  type DeviceRules,
  durationMs,
  type Lockable,
  type Policy,
  percentValue,
} from '../rules/index.ts';
import type { Applied } from './applicable.ts';
import { collect, decide } from './decide.ts';
import { defaultExpires, defaultRefresh, defaultUnencrypted, defaultWhenStale } from './defaults.ts';

/** Everything that is said for the device as a whole, not per database or class. */
export type Settings = Omit<DeviceRules, 'classify' | 'databases' | 'classes'>;

export function resolveSettings(applied: readonly Applied[]): Settings {
  const origins: { [setting: string]: string } = {};

  function part<R extends Lockable, T>(
    row: (policy: Policy) => R | undefined,
    read: (row: R) => T | undefined,
  ) {
    return decide(collect(applied, row, read));
  }

  function whole<T>(read: (policy: Policy) => T | undefined) {
    return part(
      (policy) => ({ value: read(policy), locked: false }),
      ({ value }) => value,
    );
  }

  function noted<T>(setting: string, decided: Decided<T> | undefined): T | undefined {
    if (decided) origins[setting] = decided.policy;
    return decided?.value;
  }

  function duration<K extends string>(key: K, setting: string, decided: Decided<string> | undefined) {
    const text = noted(setting, decided);
    return (text === undefined ? {} : { [key]: durationMs(text) }) as { [P in K]?: number };
  }

  const every = part(
    ({ schedule }) => schedule,
    (row) => row.every,
  );
  const alertAfter = part(
    ({ schedule }) => schedule,
    (row) => row.alertAfter,
  );
  const keep = part(
    ({ retention }) => retention,
    (row) => row.keep,
  );
  const verifyEvery = part(
    ({ verify }) => verify,
    (row) => row.every,
  );
  const sample = noted(
    'verify.sample',
    part(
      ({ verify }) => verify,
      (row) => (row.sample === undefined ? undefined : percentValue(row.sample)),
    ),
  );
  const { expires = defaultExpires } = duration(
    'expires',
    'expires',
    whole((policy) => policy.expires),
  );
  const { refresh = defaultRefresh } = duration(
    'refresh',
    'refresh',
    whole((policy) => policy.refresh),
  );
  return {
    unencrypted:
      part(
        ({ restore }) => restore,
        (row) => row.unencrypted,
      ) ?? defaultUnencrypted,
    destinations:
      noted(
        'destinations',
        whole((policy) => policy.destinations),
      ) ?? [],
    schedule: {
      ...duration('every', 'schedule.every', every),
      ...duration('alertAfter', 'schedule.alertAfter', alertAfter),
    },
    retention: duration('keep', 'retention.keep', keep),
    verify: {
      ...duration('every', 'verify.every', verifyEvery),
      ...(sample !== undefined && { sample }),
    },
    // They may come from different policies; a message has to be followed by the next one in time.
    refresh: Math.min(refresh, Math.floor(expires / 2)),
    expires,
    whenStale: whole((policy) => policy.whenStale) ?? defaultWhenStale,
    origins,
  };
}
