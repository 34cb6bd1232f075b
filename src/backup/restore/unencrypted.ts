/**
 * What becomes of databases that are not encrypted (B13): the rules of the device that restores decide, before anything
 * is written.
 */
import type { DeviceRules } from '../../policy/rules/index.ts';
import type { OpenedIndex, OpenedSet } from '../chain/index.ts';
import { BackupError } from '../errors.ts';
import type { LeftOut } from '../requests.ts';

type Rule = DeviceRules['unencrypted'];

/** As where no policy says anything. */
const STRICT: Rule = { value: 'end', policy: 'default' };

export interface Admitted {
  readonly indexes: readonly OpenedIndex[];
  readonly leftOut: readonly LeftOut[];
}

/** @throws BackupError `ERR_UNENCRYPTED` when the file as a whole is refused */
export function refuseFile({ manifest }: OpenedSet, rule: Rule = STRICT): void {
  const plain = manifest.databases.filter((database) => database.plain).length;
  if (plain > 0 && rule.value === 'refuse-file')
    throw refused(
      `${by(rule)} restores nothing from a file with unencrypted databases, and set ${manifest.set} has ${plain}`,
    );
}

/** @throws BackupError `ERR_UNENCRYPTED` when it ends the restore, or leaves nothing of it */
export function admit(indexes: readonly OpenedIndex[], rule: Rule = STRICT): Admitted {
  const plain = indexes.filter((index) => index.plain);
  if (plain.length === 0 || rule.value === 'accept') return { indexes, leftOut: [] };
  const names = [...new Set(plain.map(({ header }) => header.database))];
  const which = names.map((name) => `"${name}"`).join(', ');
  if (rule.value !== 'refuse-database')
    throw refused(`${by(rule)} ends a restore of what is not encrypted: ${which}`);
  const reason = `it is not encrypted, and ${by(rule)} does not accept that`;
  if (plain.length === indexes.length) throw refused(`${which}: ${reason}`);
  return {
    indexes: indexes.filter((index) => !index.plain),
    leftOut: names.map((database) => ({ database, code: 'ERR_UNENCRYPTED', reason, policy: rule.policy })),
  };
}

const by = ({ policy }: Rule): string =>
  policy === STRICT.policy ? 'the default, where no policy accepts it,' : `policy ${policy}`;

const refused = (message: string): BackupError => new BackupError('ERR_UNENCRYPTED', message);
