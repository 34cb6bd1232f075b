import type { Source } from '../database/index.ts';

/** A source whose rooms are loaded when it is listed or written: who backs up folders reads no contacts. */
export function lateSource(kind: string, open: () => Promise<Source>): Source {
  let opening: Promise<Source> | undefined;
  let source: Source | undefined;
  const opened = async (): Promise<Source> => {
    opening ??= open();
    source = await opening;
    return source;
  };
  return {
    kind,
    async *list(skip) {
      yield* (await opened()).list(skip);
    },
    read: (item) => (source ? source.read(item) : opened().then((there) => there.read(item))),
    writer: async (options) => (await opened()).writer(options),
    close: async () => (await opening)?.close(),
  };
}
