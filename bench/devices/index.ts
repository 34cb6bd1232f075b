/**
 * Devices: a load on one enterprise server, made of the real client code. So many devices enrol, connect and get
 * another policy; what that takes of time, memory and CPU.
 */
import { join } from 'node:path';
import { writeInto } from '../report/index.ts';
import { withFiles } from './files.ts';
import { readDevicesOptions } from './options.ts';
import { describeDevices } from './report.ts';
import { measureDevices } from './run.ts';

export async function main(words: readonly string[]): Promise<void> {
  const options = readDevicesOptions(words);
  const elsewhere = withFiles(options.devices);
  if (elsewhere !== undefined) {
    process.exitCode = elsewhere;
    return;
  }
  const report = await measureDevices(options, (line) => console.error(line));
  console.log(options.json ? JSON.stringify(report, undefined, 2) : describeDevices(report));
  if (options.write)
    await writeInto(join(import.meta.dirname, '../README.md'), 'run of devices', describeDevices(report));
}
