/**
 * VPC flow logs of any length, always the same for the same length.
 */
import { make } from "../../../src/demo/Pseudorandom.ts"

const HEADER =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"

/** Lines of some 120 bytes in the default format, `size` bytes or a line more in all, in pieces. */
export function* vpcFlowLog(size: number): Generator<string> {
  const random = make(1)
  yield HEADER
  for (let index = 0, written = HEADER.length; written < size; index++) {
    const start = 1_767_322_800 + Math.floor(index / 40)
    const address = () => `10.${random.int(8)}.${random.int(256)}.${random.int(256)}`
    const line =
      `2 111122223333 eni-0${random.pick(INTERFACES)} ${address()} ${address()} ` +
      `${1024 + random.int(60_000)} ${random.pick(PORTS)} ${random.pick(["6", "6", "6", "17"])} ${1 + random.int(400)} ` +
      `${40 + random.int(500_000)} ${start} ${start + 60} ${random.pick(["ACCEPT", "ACCEPT", "ACCEPT", "REJECT"])} OK\n`
    written += line.length
    yield line
  }
}

const INTERFACES = ["a1b2c3d4e5f60718", "b2c3d4e5f6071829", "c3d4e5f60718293a", "d4e5f60718293a4b"] as const

const PORTS = ["443", "443", "80", "22", "3306", "53"] as const
