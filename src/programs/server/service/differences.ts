import type { Difference } from '../../../api/server/index.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Which values differ between two JSON documents, by path; lists are compared as a whole. */
export function differences(before: unknown, after: unknown): Difference[] {
  return compare('', before as Json | undefined, after as Json | undefined);
}

function compare(path: string, before: Json | undefined, after: Json | undefined): Difference[] {
  if (isObject(before) || isObject(after)) {
    if ((before === undefined || isObject(before)) && (after === undefined || isObject(after))) {
      const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
      return [...names]
        .sort()
        .flatMap((name) =>
          compare(path === '' ? name : `${path}.${name}`, own(before, name), own(after, name)),
        );
    }
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

const own = (object: { readonly [key: string]: Json } | undefined, name: string): Json | undefined =>
  object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
