/** What the agent does for a destination after a backup by schedule: old sets go, and what stays is verified. */
import { callDevice, type OperationName, type ParamsOf, type ResultOf } from '../../../api/device/index.ts';
import { ProblemError } from '../../../api/problem/index.ts';
import type { DeviceRules } from '../../../policy/rules/index.ts';
import { areaName, dueUpkeep, machineHold, readRecord } from '../schedule/index.ts';
import { held } from '../standing/index.ts';
import type { Keeper } from './keeper.ts';

/** What goes wrong is recorded, and told to the log; the next backup comes all the same. */
export async function keepUp(keeper: Keeper, destination: string): Promise<void> {
  const { home, clock, signal, log } = keeper;
  try {
    const rules = (await held(keeper))?.rules;
    const known = (await readRecord(home))[areaName(destination) ?? ''] ?? {};
    if (!rules) return;
    const due = dueUpkeep(rules, known, clock());
    if (due.prune) await prune(keeper, destination);
    // Everything that is stored is read for it.
    if (due.verify && !signal.aborted && !(await machineHold())) await verify(keeper, destination, rules);
  } catch (error) {
    if (!signal.aborted) log({ level: 'warn', code: 'UPKEEP_FAILED', message: (error as Error).message });
  }
}

/** As `holdfast prune` without rules of its own: what stays is what policy says. */
async function prune(keeper: Keeper, destination: string): Promise<void> {
  const result = await attempt(keeper, 'PRUNE_FAILED', 'prune', { from: destination });
  if (!result) return;
  const { appendOnly, kept, removed, bytes } = result;
  const message = appendOnly
    ? `${destination} keeps everything: nothing is ever deleted there`
    : `${removed.length} of ${kept.length + removed.length} sets were removed from ${destination}, ${bytes} bytes deleted`;
  keeper.log({ level: 'info', code: 'PRUNE_DONE', message });
}

async function verify(keeper: Keeper, destination: string, rules: DeviceRules): Promise<void> {
  const percent = rules.verify?.sample ?? 100;
  const result = await attempt(keeper, 'VERIFY_FAILED', 'verify', {
    from: destination,
    // Nothing is opened, but every stored object is compared with its hash.
    ...(percent === 0 ? { structureOnly: true } : percent < 100 && { sample: { percent } }),
  });
  if (!result) return;
  const { set, items, listed, damaged, damagedCount } = result;
  const [first] = damaged;
  if (first) {
    const costs = damaged.flatMap(({ database, item, title }) =>
      item === undefined ? [] : [`${database}: ${title ?? item}`],
    );
    const lost =
      costs.length === 0 ? '' : `; it costs ${costs.slice(0, 3).join(', ')}${costs.length > 3 ? ', …' : ''}`;
    const message = `set ${set.set} is damaged in ${damagedCount} places, first ${first.object}: ${first.message}${lost}; holdfast verify names everything`;
    keeper.log({ level: 'warn', code: 'VERIFY_DAMAGE', message });
  } else {
    const message = `set ${set.set} is as it was stored; ${items} of ${listed} items were opened`;
    keeper.log({ level: 'info', code: 'VERIFY_DONE', message });
  }
}

/** Undefined when it did not succeed; that is in the record then, unless the agent ends. */
async function attempt<N extends OperationName>(
  { transport, signal, log }: Keeper,
  code: string,
  operation: N,
  params: ParamsOf<N>,
): Promise<ResultOf<N> | undefined> {
  try {
    return await callDevice(transport, operation, params, { signal });
  } catch (error) {
    const isBusy = error instanceof ProblemError && error.code === 'ERR_BUSY';
    if (!signal.aborted && !isBusy) log({ level: 'warn', code, message: (error as Error).message });
    return undefined;
  }
}
