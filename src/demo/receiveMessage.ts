/**
 * ReceiveMessage and its long poll. fauxqs would wait on for a caller who has gone away, and give them messages that nobody
 * else then sees until their timeout: the front does the waiting, and asks fauxqs only for what is there.
 */
import type { IncomingMessage } from "node:http"
import { Clock, Duration, Effect, Predicate } from "effect"
import type { AwsError } from "./AwsError.ts"
import { readAll } from "./readAll.ts"
import type { QueueDepth } from "./Upstream.ts"

/** SQS waits no longer. **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const LONGEST_WAIT_SECONDS = 20

/** How often a queue is looked at. fauxqs itself looks for messages whose timeout has passed as often. */
const PAUSE = Duration.millis(20)

/** The queue, as fauxqs has it. */
export interface ReceivableQueue {
  readonly depth: Effect.Effect<QueueDepth>
  readonly ask: (input: Readonly<Record<string, unknown>>) => Effect.Effect<IncomingMessage, AwsError>
}

/** fauxqs's answer: the text of a good one, or one that is not good, as it is. */
export const receiveMessage = Effect.fnUntraced(function* (
  { ask, depth }: ReceivableQueue,
  input: Readonly<Record<string, unknown>>
): Effect.fn.Return<string | IncomingMessage, AwsError> {
  const seconds = Number(input["WaitTimeSeconds"] ?? 0)
  const isWait = seconds > 0 && seconds <= LONGEST_WAIT_SECONDS
  const deadline = (yield* Clock.currentTimeMillis) + (isWait ? seconds * 1000 : 0)
  while (true) {
    // A wait that SQS does not know is passed on, to be refused.
    const answer = yield* ask(isWait ? { ...input, WaitTimeSeconds: 0 } : input)
    if (answer.statusCode !== 200) return answer
    const text = (yield* readAll(answer)).toString()
    if (hasMessages(text)) return text
    do {
      if ((yield* Clock.currentTimeMillis) >= deadline) return text
      yield* Effect.sleep(PAUSE)
    } while (isEmpty(yield* depth))
  }
})

const hasMessages = (text: string): boolean => Predicate.hasProperty(JSON.parse(text), "Messages")

/** Messages in flight or delayed may be there for the taking by now: fauxqs finds that out when it is asked for them. */
const isEmpty = ({ delayed, inFlight, ready }: QueueDepth): boolean => ready + inFlight + delayed === 0
