import type { DeviceRules } from '../rules/index.ts';

/** Whether these rules let anything be shared at all (N11); without that nobody needs to know whom with. */
export const allowsSharing = ({ databases, classes }: DeviceRules): boolean =>
  [...Object.values(databases), classes.enterprise, classes.personal].some(
    (row) => row?.share?.value === 'allow',
  );
