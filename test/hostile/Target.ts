/**
 * What can be fed to a part of s3beat by those who mean it harm, and what it makes of that.
 */
import type * as fc from "fast-check"

/**
 * A part of s3beat that reads what strangers have written.
 *
 * **Shape** `outcomeOf` answers what became of the input in words that are the same for inputs of the same kind: that is what the corpus keeps
 * one input of each of. It throws, or rejects, where the part breaks the law: anything but a typed error or a normal result.
 */
export interface Target {
  readonly name: string
  readonly inputs: fc.Arbitrary<Buffer>
  readonly outcomeOf: (input: Buffer) => Promise<string> | string
}

/** A sentence without what it tells of this one input: places, sizes, and single bytes. */
export const inGeneral = (sentence: string): string =>
  sentence.replaceAll(/byte 0x[0-9a-f]{2}|(?<![A-Za-z-])\d+/gu, "N").replaceAll(/"."|'.'/gu, "N")
