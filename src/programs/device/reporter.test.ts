import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunningEvent } from '../../api/device/index.ts';
import { progressReporter } from './reporter.ts';

test('progress is told ten times a second at most, the last of each phase always, and all else at once', () => {
  let now = 0;
  const told: string[] = [];
  const say = (event: RunningEvent) =>
    void told.push(event.kind === 'progress' ? `${event.phase} ${event.items}` : event.kind);
  const reporter = progressReporter(say, () => now);
  const progress = (phase: 'list' | 'backup', items: number) =>
    reporter.emit({ kind: 'progress', phase, items, bytes: 0 });
  for (let n = 1; n <= 5; n++) progress('list', n);
  assert.deepEqual(told, ['list 1']);
  now = 150;
  progress('list', 6);
  progress('list', 7);
  reporter.emit({ kind: 'notice', code: 'X', message: 'x' });
  progress('list', 8);
  progress('backup', 1);
  progress('backup', 2);
  reporter.flush();
  reporter.flush();
  assert.deepEqual(told, ['list 1', 'list 6', 'list 7', 'notice', 'list 8', 'backup 1', 'backup 2']);
});
