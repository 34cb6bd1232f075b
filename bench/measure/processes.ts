/** What the kernel says of processes (proc(5)). */
import { readFileSync, writeFileSync } from 'node:fs';

/** Ticks in a second: the kernel's USER_HZ, 100 on every Linux. */
const TICKS = 100;

/** Seconds of CPU of a process since it was started, user and system, all threads. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold anything; user and system time are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The largest resident set of a process so far, in bytes. */
export const peakOf = (pid: number): number => sizeOf(pid, 'VmHWM');

/** Its resident set now, in bytes. */
export const residentOf = (pid: number): number => sizeOf(pid, 'VmRSS');

function sizeOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

/** From now on the largest resident set is counted anew. */
export const forgetPeakOf = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Sum of the largest resident sets of all processes that one has started and that still run. */
export function peakOfChildren(pid: number): number {
  let sum = 0;
  for (const child of childrenOf(pid)) {
    try {
      sum += peakOf(child);
    } catch {
      // It has just ended.
    }
    sum += peakOfChildren(child);
  }
  return sum;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
