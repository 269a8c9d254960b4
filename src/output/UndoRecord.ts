/**
 * What has to be undone in a file before anything else is appended to it: while somebody appends, and after that has failed, lines may
 * stand there that nobody acknowledged.
 */

/**
 * **Shape** The inode of the file, 0 while there is nothing to undo, and how long the file was. In memory that threads share: what one of them
 * leaves when it dies, the next one undoes.
 */
export type UndoRecord = BigUint64Array

/** A record of nothing. */
export const make = (): UndoRecord => new BigUint64Array(new SharedArrayBuffer(2 * BigUint64Array.BYTES_PER_ELEMENT))

/** From now on, whatever stands behind `length` bytes of the file is to be undone. */
export const begin = (undo: UndoRecord, inode: bigint, length: number): void => {
  undo[1] = BigInt(length)
  undo[0] = inode
}

/** There is nothing to undo any more. */
export const clear = (undo: UndoRecord): void => {
  undo[0] = 0n
}

/** How long the file of this inode was; undefined when nothing is to be undone in it. */
export const lengthOf = (undo: UndoRecord, inode: bigint): number | undefined =>
  undo[0] === inode ? Number(undo[1]) : undefined
