/**
 * Contender: a program that backs up a tree and brings it back. All keep to the same phases, in the same order, over
 * the same files.
 */
import type { Contender } from './contender.ts';
import { copy } from './copy.ts';
import { holdfast } from './holdfast.ts';
import { restic } from './restic.ts';

export * from './contender.ts';
export const contenders: readonly Contender[] = [holdfast, restic, copy];
export const reference = restic;
