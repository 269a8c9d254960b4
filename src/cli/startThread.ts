/**
 * A thread for a worker.
 */
import { extname } from "node:path"
import { Worker } from "node:worker_threads"
import type { WorkerData } from "./workerProgram.ts"

/** Starts a thread that runs `worker.ts`, which stands beside `main.ts`, as source and when built. */
export const startThread = (workerData: WorkerData): Worker =>
  new Worker(new URL(`../worker${extname(import.meta.url)}`, import.meta.url), { workerData })
