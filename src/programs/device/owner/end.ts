/** A device of the owner's is ended: it was lost, stolen or given away, and what it signs from now on counts for nothing. */
import { parseAreaUri } from '../../../api/area/index.ts';
import { endedRequest, publicKey, thumbprint } from '../../../api/grant/index.ts';
import { parseProblem } from '../../../api/problem/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import {
  type OwnerDevice,
  type OwnerHead,
  type OwnerRecord,
  sameWay,
  type TrustedOwnerRecord,
} from '../../../policy/owner/index.ts';
import type { TransportAnswer } from '../../../transport/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { notListed } from './change-record.ts';
import { publicWay } from './way.ts';

/** A name, or an id. @throws DeviceError `ERR_USAGE` when it is none, or several */
export function deviceCalled({ devices }: OwnerRecord, called: string): OwnerDevice {
  const byId = devices.find(({ id }) => id === called);
  const found = byId ? [byId] : devices.filter(({ name }) => name === called);
  const [one, ...more] = found;
  if (one && more.length === 0) return one;
  const shown = (one ? found : devices).map(({ id, name }) => `"${name}" (${id})`).join(', ');
  const message = one
    ? `several of your devices are called "${called}"; name one by its id: ${shown}`
    : `none of your devices is called "${called}"; there are: ${shown}`;
  throw new DeviceError('ERR_USAGE', message);
}

/**
 * The record in which it is ended.
 * @param heads how far its chains go, of those that are to count
 * @throws DeviceError `ERR_USAGE` when the way in is none of the owner's
 */
export function withoutDevice(
  { record: last, hash }: TrustedOwnerRecord,
  device: string,
  heads: readonly OwnerHead[],
  way: WayIn,
  time: number,
): OwnerRecord {
  if (!last.ways.some((one) => sameWay(one, publicWay(way)))) throw notListed(last, way);
  return {
    ...last,
    ...{ version: last.version + 1, prev: hash, time },
    devices: last.devices.map((one) => (one.id === device ? { ...one, state: 'ended' as const } : one)),
    heads: [...last.heads, ...heads],
  };
}

/**
 * Tells an area whose access, as this way in gave it, is over: that of all ended devices.
 * @returns why the area did not take it
 */
export async function endAccess(
  { clock, signal }: OperationContext,
  uri: string,
  { devices }: OwnerRecord,
  way: WayIn,
): Promise<string | undefined> {
  const { base, area } = parseAreaUri(uri);
  const { httpTransport } = await import('../../../transport/http/index.ts');
  const ended: string[] = [];
  for (const { state, jwk } of devices) if (state === 'ended') ended.push(await thumbprint(publicKey(jwk)));
  const list = { iss: way.public.signature.thumbprint, area, ended, iat: clock() };
  const { path, headers, body } = await endedRequest((typ, payload) => way.sign(payload, typ), list);
  const transport = httpTransport();
  try {
    return refused(
      await transport.request({ method: 'POST', url: base + path, headers, body: [body], signal }),
    );
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message;
  } finally {
    await transport.close();
  }
}

function refused({ status, headers, body }: TransportAnswer): string | undefined {
  if (status === 200) return undefined;
  return `the area answered ${status}, ${parseProblem(headers['content-type'], body)?.code ?? 'and no reason'}`;
}
