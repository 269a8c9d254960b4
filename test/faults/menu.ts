/**
 * Which faults can befall which service, each in ways that pass: what random schedules choose from.
 */
import type { Operation } from "../../src/demo/Exchange.ts"
import * as Fault from "./Fault.ts"

/** Bytes at which a body is spoilt: before its first, within a chunk, between chunks, past most bodies. */
const PLACES = [0, 1, 100, 40_000, 1_000_000]

/** The faults by service. */
export const menu: {
  readonly [Service in Operation["service"]]: readonly [Fault.Fault, ...ReadonlyArray<Fault.Fault>]
} = {
  s3: [
    Fault.slowDown,
    Fault.internalError,
    Fault.expiredToken,
    Fault.accessDenied,
    Fault.kmsDenied,
    Fault.drop,
    Fault.breakTls,
    Fault.loseAnswer,
    Fault.delay(200),
    ...PLACES.flatMap((at) => [Fault.reset(at), Fault.truncate(at), Fault.stall(at, 300)]),
    ...[-1000, -1, 1, 1000].map(Fault.wrongLength)
  ],
  sqs: [
    Fault.internalError,
    Fault.tooManyRequests,
    Fault.kmsThrottled,
    Fault.drop,
    Fault.breakTls,
    Fault.loseAnswer,
    Fault.delay(200),
    Fault.deliverTwice,
    Fault.forgetReceipts,
    Fault.reset(10),
    Fault.truncate(10)
  ],
  sts: [Fault.internalError, Fault.tooManyRequests, Fault.drop, Fault.breakTls, Fault.loseAnswer, Fault.delay(200)]
}
