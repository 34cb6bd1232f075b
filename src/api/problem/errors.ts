import { BaseError } from '../../lib/errors.ts';
import type { Problem } from './problem.ts';

/** The other side answered with a problem. `code` and `kind` are the other side's. */
export class ProblemError extends BaseError {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.code, problem.kind, problem.detail ?? problem.title, options);
    this.problem = problem;
  }
}
