/**
 * Flags that several commands share.
 */
import { Flag, GlobalFlag } from "effect/cli"

/** `-c FILE`: the config. */
export const config = Flag.String("config").pipe(
  Flag.withAlias("c"),
  Flag.withMetavar("FILE"),
  Flag.withDescription("The config file"),
  Flag.withDefault("s3beat.yml")
)

/** `--bucket NAME`, as often as need be: buckets that the config does not name. */
export const buckets = Flag.String("bucket").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription("A bucket with logs; may be repeated"),
  Flag.atLeast(0)
)

/** `--keystore FILE`: where secrets are. Without it: `keystore.path` of the config, or `s3beat.keystore` beside it. */
export const keystore = Flag.String("keystore").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The keystore; without it the one that the config names, or s3beat.keystore beside the config"),
  Flag.optional
)

/** `--log-format`: for every command. Without it: pretty on a terminal, JSON elsewhere. */
export const LogFormat = GlobalFlag.Setting("log-format")({
  flag: Flag.Literals("log-format", ["pretty", "json"]).pipe(
    Flag.optional,
    Flag.withDescription("How log lines look; pretty on a terminal, json elsewhere, unless given")
  )
})
