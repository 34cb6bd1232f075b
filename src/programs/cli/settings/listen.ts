import { usage } from '../errors.ts';

/** `HOST:PORT`, `[::1]:PORT`; port 0 takes a free one. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, v6, host = v6, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(digits) > 65_535)
    throw usage(`--listen ${text}: wanted is HOST:PORT, for example 127.0.0.1:7410`);
  return { host, port: Number(digits) };
}
