/** A benchmark that is interrupted leaves nothing behind: neither programs nor gigabytes. */
const undone = new Set<() => void>();

/** `undo` runs when the benchmark is interrupted, unless the result was called before; last come, first undone. */
export function whenInterrupted(undo: () => void): () => void {
  if (undone.size === 0) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  undone.add(undo);
  return () => {
    undone.delete(undo);
    if (undone.size === 0)
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  };
}

function interrupt(): void {
  for (const undo of [...undone].reverse()) {
    try {
      undo();
    } catch (error) {
      console.error(`bench: ${(error as Error).message}`);
    }
  }
  process.exit(130);
}
