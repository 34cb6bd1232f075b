/** Which function does which operation. */
import type { OperationName } from '../../api/device/index.ts';
import type { Handler } from './context.ts';
import { runHandlers } from './runs/index.ts';
import { terminalHandlers } from './terminal/index.ts';

export const handlers: { readonly [N in OperationName]: Handler<N> } = {
  ...terminalHandlers,
  ...runHandlers,
};
