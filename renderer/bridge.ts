/** `window.precedent`: what the shell lets the window do. */
import type { PrecedentBridge } from '../native/contract/bridge.ts';

declare global {
  interface Window {
    readonly precedent: PrecedentBridge;
  }
}

export const bridge: PrecedentBridge = window.precedent;
