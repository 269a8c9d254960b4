/**
 * What a second signal does.
 *
 * The first SIGINT or SIGTERM interrupts the main fiber and so begins the drain; that is the runtime's work. Whoever sends
 * a second one does not want to wait.
 */
import { Clock, Effect, type Scope } from "effect"

/** A terminal's Ctrl-C reaches a child of `npm run` twice, from the terminal and from npm: within this time it is one. */
const SAME_SIGNAL_MILLIS = 500

/** The shell's convention for a program ended by SIGINT. */
const EXIT_CODE_AT_ONCE = 130

/** From now until the scope closes, a second signal ends the process at once. */
export const exitOnSecondSignal: Effect.Effect<void, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  let first: number | undefined
  const onSignal = () => {
    const now = clock.currentTimeMillisUnsafe()
    if (first === undefined) first = now
    else if (now - first > SAME_SIGNAL_MILLIS) process.exit(EXIT_CODE_AT_ONCE)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      process.on("SIGINT", onSignal)
      process.on("SIGTERM", onSignal)
    }),
    () =>
      Effect.sync(() => {
        process.off("SIGINT", onSignal)
        process.off("SIGTERM", onSignal)
      })
  )
})
