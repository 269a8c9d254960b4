#!/usr/bin/env node
/**
 * The program: the CLI on Node.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Effect, Exit, Layer, Runtime } from "effect"
import { Command } from "effect/cli"
import { s3beat } from "./cli/Cli.ts"
import { presenter, report } from "./cli/CommandFailed.ts"
import { tuneEngine } from "./cli/tuneEngine.ts"
import { version } from "./version.ts"

tuneEngine()

const main = report(Command.run(s3beat, { version })).pipe(Effect.provide(Layer.merge(NodeServices.layer, presenter)))

NodeRuntime.runMain(main, {
  // A daemon that was told to stop, and drained, has done its duty: that is 0, not 130, unless a command says otherwise.
  teardown: (exit, onExit) =>
    Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      ? onExit(Number(process.exitCode ?? 0))
      : Runtime.defaultTeardown(exit, onExit)
})
