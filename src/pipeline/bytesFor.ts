/**
 * What an object takes of memory while it is read and its first events are made.
 */
import type { ObjectRef } from "../domain/ObjectRef.ts"

const KiB = 1024
const MiB = 1024 * KiB

/** What is spent on the smallest object: its message, its request, buffers that are never smaller. */
const LEAST_BYTES = 32 * KiB

/** Stored bytes grow about ten times when they are decompressed, and by half as much again, or more, as events. */
const GROWTH = 24

/** A large object streams through: some chunks as stored, some as log, and some as events. */
const MOST_BYTES = 8 * MiB

/** Objects up to this size as stored are one chunk, and as a rule one batch. */
const SMALL_BYTES = 64 * KiB

/** How large an object is taken to be whose notification does not say. */
const UNKNOWN_BYTES = 16 * KiB

/** **Units** Bytes; an estimate from above for all but objects that expand beyond measure. */
export const bytesFor = ({ size = UNKNOWN_BYTES }: ObjectRef): number =>
  Math.min(LEAST_BYTES + GROWTH * size, MOST_BYTES)

/** Whether there is nothing to be won by reading on while the output has the object's first batch. */
export const isSmall = ({ size = UNKNOWN_BYTES }: ObjectRef): boolean => size <= SMALL_BYTES
