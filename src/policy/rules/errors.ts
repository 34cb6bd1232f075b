import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type PolicyErrorCode =
  /** The text is not YAML or JSON as a policy file may use it. kind `usage` */
  | 'ERR_POLICY_SYNTAX'
  /** The text is well-formed but is no policy. kind `usage` */
  | 'ERR_POLICY_INVALID'
  /** Two policies have one name. kind `usage` */
  | 'ERR_POLICY_DUPLICATE'
  /** The rules section of a message is not what this version reads. kind `integrity` */
  | 'ERR_RULES_MALFORMED';

const kinds: Record<PolicyErrorCode, FailureKind> = {
  ERR_POLICY_SYNTAX: 'usage',
  ERR_POLICY_INVALID: 'usage',
  ERR_POLICY_DUPLICATE: 'usage',
  ERR_RULES_MALFORMED: 'integrity',
};

/** A policy cannot be used. The message is one line that names what and where. */
export class PolicyError extends BaseError<PolicyErrorCode> {
  /** Everything that is wrong, one line each; the message is the first. */
  readonly problems: readonly string[];

  constructor(code: PolicyErrorCode, problems: readonly string[], options?: ErrorOptions) {
    const more = problems.length - 1;
    super(code, kinds[code], `${problems[0]}${more > 0 ? ` (and ${more} more)` : ''}`, options);
    this.problems = problems;
  }
}
