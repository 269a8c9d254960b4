/**
 * How long a session of an assumed role lives.
 *
 * LogRhythm's form for this key counts in whole hours. A bare number counts seconds elsewhere, as Beats have it, but no session
 * is as short as 12 of them: 1 to 12 can only mean hours.
 */
import { Duration, Result } from "effect"
import * as BeatsDuration from "./BeatsDuration.ts"
import type { ParseText } from "./scalar.ts"

/** Whether the text is a bare number that counts hours. */
export const isBareHours = (text: string): boolean => /^(?:[1-9]|1[0-2])$/.test(text)

const parse: ParseText<Duration.Duration> = (text) =>
  isBareHours(text) ? Result.succeed(Duration.hours(Number(text))) : BeatsDuration.parse(text)

/** The duration of a session, within what AWS allows. **Source** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const SessionDuration = BeatsDuration.within({ minimum: "15 minutes", maximum: "12 hours" }, parse)
