/** What the engine asks of the inference process: to run ONNX sessions, nothing else. */
import { z } from 'zod';
import { floats } from './model.ts';

/** `encoder` is the encoder's folder; a session is opened on first use and kept. */
export const inferenceContract = {
  requests: {
    open: {
      params: z.object({ encoder: z.string() }),
      result: z.object({ provider: z.string(), dim: z.number().int() }),
    },
    /** `input` holds `count` items one after the other; the output `count` rows of `dim`. */
    run: {
      params: z.object({ encoder: z.string(), count: z.number().int().min(1), input: floats }),
      result: z.object({ output: floats, ms: z.number() }),
    },
  },
  events: {},
} as const;
export type InferenceContract = typeof inferenceContract;
