/** The inference process. */
import '../process/offline.ts';
import { onnxRuntime } from './runtime.ts';
import { serveInference } from './serveInference.ts';
import { watched } from './trialWatch.ts';

serveInference(onnxRuntime, watched);
