/**
 * `s3beat migrate`: the keys of the STS feature for a config that was written before there was one.
 */
import { Console, Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { addStsKeys } from "../config/addStsKeys.ts"
import * as ConfigFile from "../config/ConfigFile.ts"
import { withoutSecrets } from "../config/withoutSecrets.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import { placeFile, type Placement, type PlacementFailed } from "./placeFile.ts"
import { unifiedDiff } from "./unifiedDiff.ts"

/** Adds the missing keys with their defaults, and keeps the file as it was beside it. */
export const migrate = Command.make(
  "migrate",
  {
    config: flags.config,
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Show what would be added, as a unified diff without secrets, and write nothing"),
      Flag.withDefault(false)
    )
  },
  Effect.fn("s3beat.migrate")(
    function* ({ config: path, dryRun }) {
      const { info, text } = yield* ConfigFile.read(path)
      const { added, text: migrated } = yield* Effect.fromResult(
        Result.mapError(addStsKeys(text), (problems) => ConfigFile.failure(path, problems))
      )
      if (added.length === 0) {
        return yield* Console.log(`${path} has the keys of the STS feature already; nothing was changed.`)
      }
      if (dryRun) {
        yield* Console.log(unifiedDiff(path, withoutSecrets(text), withoutSecrets(migrated)).replace(/\n$/, ""))
        return yield* Console.error("Nothing was written.")
      }

      const owner = Option.all({ uid: info.uid, gid: info.gid })
      const placement: Placement = {
        mode: info.mode & PERMISSIONS,
        ...(Option.isSome(owner) ? { owner: owner.value } : undefined),
        replaces: false
      }
      const backup = yield* backUp(path, text, placement)
      const isOwned = yield* placeFile(path, migrated, { ...placement, replaces: true })
      yield* Console.log(`${path}: added ${added.map(({ name, value }) => `${name}: ${value}`).join(", ")}; nothing else was changed.
The file as it was: ${backup}
With these defaults everything works as before. To read buckets of other accounts, set assumeRoleFlag to true, name the
roles in assumeRoleArn, and restart s3beat: a restart turns it on.`)
      if (!isOwned) {
        yield* Console.error(
          `warning: ${path}: its owner could not be kept; run chown as root if another user has to read it`
        )
      }
    },
    Effect.catchTag("ConfigFileError", ({ message }) =>
      Effect.fail(new CommandFailed({ message, exitCode: exitCode.configWrong }))
    ),
    Effect.catchTag("PlacementFailed", ({ message }) =>
      Effect.fail(new CommandFailed({ message: `${message}; nothing was changed`, exitCode: exitCode.failed }))
    )
  )
).pipe(
  Command.withDescription("Add the keys of the STS feature to an existing config, changing nothing else in it"),
  Command.withExamples([
    { command: "s3beat migrate -c /etc/s3beat/s3beat.yml --dry-run", description: "See what would be added" }
  ])
)

/** What of a file's mode is permissions, and not its type. */
const PERMISSIONS = 0o7777

/** Keeps the text under the first free name, and says which: an older backup is never written over. */
const backUp = (
  path: string,
  text: string,
  placement: Placement,
  count = 0
): Effect.Effect<string, PlacementFailed> => {
  const backup = count === 0 ? `${path}.bak` : `${path}.bak.${count}`
  return placeFile(backup, text, placement).pipe(
    Effect.as(backup),
    Effect.catchTag("PlacementFailed", (error) =>
      error.isTaken ? backUp(path, text, placement, count + 1) : Effect.fail(error)
    )
  )
}
