/**
 * The program of a worker thread.
 */
import { workerData } from "node:worker_threads"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWorkerRunner from "@effect/platform-node/NodeWorkerRunner"
import { Effect } from "effect"
import { workerProgram } from "./cli/workerProgram.ts"

NodeRuntime.runMain(Effect.provide(workerProgram(workerData), NodeWorkerRunner.layer))
