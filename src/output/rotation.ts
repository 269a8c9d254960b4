/**
 * Which file becomes which when the active one is full.
 *
 * `s3beat.ndjson` is the active file, `s3beat.1.ndjson` the one before it, and so on: the higher the number, the older.
 */

/** A rename within the directory. */
export interface Rename {
  readonly from: string
  readonly to: string
}

/** What a rotation does: first the renames in order, then the removals. */
export interface Rotation {
  readonly renames: ReadonlyArray<Rename>
  readonly removals: ReadonlyArray<string>
}

const EXTENSION = ".ndjson"

/** The name of the file that was rotated `age` times; 0 is the active one. */
export const nameOf = (filename: string, age: number): string =>
  age === 0 ? `${filename}${EXTENSION}` : `${filename}.${age}${EXTENSION}`

/** How often the file of this name was rotated; undefined when it is none of ours. */
export const ageOf = (filename: string, name: string): number | undefined => {
  if (name === nameOf(filename, 0)) return 0
  if (!name.startsWith(`${filename}.`) || !name.endsWith(EXTENSION)) return undefined
  const age = name.slice(filename.length + 1, -EXTENSION.length)
  return /^[1-9]\d{0,8}$/u.test(age) ? Number(age) : undefined
}

/**
 * How to make room for a new active file among the `names` of a directory.
 *
 * **Guarantee** No rename goes to a name that exists, so that a rotation which was cut off by a crash has lost nothing and
 * the next one fills the gap that it left. Only files past `numberOfFiles`, the active one counted, are removed, and only
 * when all renames are done.
 */
export const plan = (names: ReadonlyArray<string>, filename: string, numberOfFiles: number): Rotation => {
  const ages = new Set(names.flatMap((name) => ageOf(filename, name) ?? []))
  let gap = 0
  while (ages.has(gap)) gap++
  const renames: Array<Rename> = []
  for (let age = gap - 1; age >= 0; age--) {
    renames.push({ from: nameOf(filename, age), to: nameOf(filename, age + 1) })
  }
  if (gap > 0) ages.add(gap).delete(0)
  const removals = [...ages].filter((age) => age >= numberOfFiles).map((age) => nameOf(filename, age))
  return { renames, removals }
}
