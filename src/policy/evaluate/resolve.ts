import {
  type DatabaseRow,
  type DeviceRules,
  databaseFieldNames,
  type PartialRule,
  type Policy,
  rowValue,
} from '../rules/index.ts';
import { type Applied, applicable, type DeviceFacts } from './applicable.ts';
import { collect, decide, lockLevel } from './decide.ts';
import { orderClassify } from './order.ts';
import { resolveSettings } from './settings.ts';

/**
 * The rules of one device, from all policies of the server. Every value resolves by itself and keeps the name of
 * the policy that it came from (docs/policy.md, "How values resolve"). Rows by database, rows for `*` and rows
 * by class stay apart: {@link ruleFor} puts them together.
 *
 * @throws PolicyError `ERR_POLICY_DUPLICATE`
 */
export function resolve(policies: readonly Policy[], device: DeviceFacts): DeviceRules {
  const applied = applicable(policies, device);
  const classes = {
    enterprise: resolveRow(applied, ({ classes }) => classes?.enterprise),
    personal: resolveRow(applied, ({ classes }) => classes?.personal),
  };
  return {
    classify: orderClassify(applied),
    databases: resolveDatabases(applied),
    classes: Object.fromEntries(Object.entries(classes).filter(([, row]) => says(row))),
    ...resolveSettings(applied),
  };
}

function resolveDatabases(applied: readonly Applied[]): DeviceRules['databases'] {
  const names = new Set(applied.flatMap(({ policy }) => Object.keys(policy.databases ?? {})));
  const rows = [...names].sort().map((name) => [name, resolveDatabase(applied, name)] as const);
  return Object.fromEntries(rows.filter(([, row]) => says(row)));
}

/** A locked `*` row also holds against rows of narrower scopes that name the database. */
function resolveDatabase(applied: readonly Applied[], name: string): PartialRule {
  return resolveRow(applied, rowOf(name), name === '*' ? () => undefined : rowOf('*'));
}

type RowOf = (policy: Policy) => DatabaseRow | undefined;

const rowOf =
  (name: string): RowOf =>
  ({ databases }) =>
    // A database may be called `constructor`.
    databases && Object.hasOwn(databases, name) ? databases[name] : undefined;

function resolveRow(applied: readonly Applied[], row: RowOf, outer: RowOf = () => undefined): PartialRule {
  return Object.fromEntries(
    databaseFieldNames.flatMap((field) => {
      const read = (found: DatabaseRow) => rowValue(found, field);
      const outerLock = lockLevel(collect(applied, outer, read));
      const value = decide(collect(applied, row, read), outerLock);
      return value ? [[field, value]] : [];
    }),
  );
}

const says = (row: PartialRule): boolean => Object.keys(row).length > 0;
