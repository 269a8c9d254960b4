/**
 * The keys under `logging:`, as Beats name them.
 */
import { Schema } from "effect"
import * as ConfigKey from "./ConfigKey.ts"
import { Flag, oneOf } from "./words.ts"

const TO_STDERR = "logs always go to stderr, for systemd, a container or a pipe to keep"

/** The keys under `logging:`. */
export const LoggingSection = Schema.Struct({
  level: ConfigKey.withDefault(
    oneOf({ error: "Error", warning: "Warn", warn: "Warn", info: "Info", debug: "Debug" }),
    "info",
    "What is logged at least; debug to see why a message was released. The flag --log-level wins."
  ),
  json: ConfigKey.withDefault(
    Flag,
    false,
    "Whether log lines are JSON even on a terminal; elsewhere they are anyway, unless --log-format says otherwise."
  ),
  to_stderr: ConfigKey.unused(TO_STDERR),
  to_files: ConfigKey.unused(TO_STDERR),
  to_syslog: ConfigKey.unused(TO_STDERR),
  to_eventlog: ConfigKey.unused(TO_STDERR),
  files: ConfigKey.unused(TO_STDERR),
  selectors: ConfigKey.unused("logging.level holds for everything"),
  metrics: ConfigKey.unused("a line with the numbers is logged every 30 s in any case"),
  event_data: ConfigKey.unused("events are never logged")
})
