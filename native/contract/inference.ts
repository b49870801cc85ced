/** What the engine asks of the inference process: to run models, nothing else. */
import { z } from 'zod';
import { floats, integers } from './model.ts';

export const providerNames = ['tensorrt', 'cuda', 'dml', 'coreml', 'webgpu', 'cpu'] as const;
export const providerName = z.enum(providerNames);
export type ProviderName = z.infer<typeof providerName>;

/** Why a provider is not the one that runs. */
export const refusedProvider = z.object({ provider: providerName, reason: z.string() });
export type RefusedProvider = z.infer<typeof refusedProvider>;

/** How a model runs on this machine. */
export const modelState = z.object({
  provider: providerName,
  refused: z.array(refusedProvider),
  /** Within one operation, on the CPU. */
  threads: z.number().int().min(1),
  /** The most items that go through the model at once. */
  batch: z.number().int().min(1),
  /** Of the model's output. */
  dim: z.number().int().min(1),
});
export type ModelState = z.infer<typeof modelState>;

/** An encoder's folder, and the folder for what this machine measures of models; without the second nothing is remembered. */
const encoderFolders = { encoder: z.string(), calibrations: z.string().optional() };

/** `count` items one after the other, of the input with that name. */
const inputData = z.object({ name: z.string(), data: z.union([floats, integers]) });
export type InputData = z.infer<typeof inputData>;

/** A model is opened on first use and kept; the first time on a machine its providers are tried and it is calibrated. */
export const inferenceContract = {
  requests: {
    open: { params: z.object(encoderFolders), result: modelState },
    /** Any number of items: what does not fit in a batch is run one batch after another. The output is `count` rows of `dim`. */
    run: {
      params: z.object({
        ...encoderFolders,
        count: z.number().int().min(1),
        inputs: z.array(inputData).min(1),
        /** How often the process died at this request before. */
        deaths: z.number().int().min(0).default(0),
      }),
      /** Told when the model begins: from here on the death of the process is laid to this request. */
      progress: z.object({ begun: z.literal(true) }),
      result: z.object({ output: floats, ms: z.number() }),
    },
  },
  events: {
    /** A model runs otherwise than `open` said: a provider failed and was dropped, or memory ran out at a larger batch. */
    changed: z.object({
      encoder: z.string(),
      state: modelState,
      dropped: refusedProvider.optional(),
    }),
  },
} as const;
export type InferenceContract = typeof inferenceContract;
