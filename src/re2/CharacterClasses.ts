/**
 * Characters that a program cannot tell apart are one class.
 */

/** What stands beside a boundary. */
export type Kind = "textStart" | "textEnd" | "lineEnd" | "word" | "other"

/** A class of characters: which of the program's sets hold them. */
export interface CharacterClass {
  readonly index: number
  readonly kind: Kind
  readonly sets: ReadonlyArray<boolean>
}

/**
 * The classes of a program's characters, each character looked at once.
 *
 * **Guarantee** Memory is 1 KiB for each 256 neighbours of which one was met: 4.5 MB for all of Unicode.
 */
export class CharacterClasses {
  private readonly sets: ReadonlyArray<RegExp>
  private readonly classes: Array<CharacterClass> = []
  private readonly known = new Map<string, CharacterClass>()
  /** By page and character, the index of its class and one; 0 is not known yet. */
  private readonly pages: Array<Uint32Array | undefined> = []

  constructor(sets: ReadonlyArray<RegExp>) {
    this.sets = sets
  }

  at(index: number): CharacterClass {
    return this.classes[index] ?? this.find(0)
  }

  indexOf(codePoint: number): number {
    const found = this.pages[codePoint >> PAGE_BITS]?.[codePoint & PAGE_MASK]
    return found === undefined || found === 0 ? this.learn(codePoint) : found - 1
  }

  private learn(codePoint: number): number {
    const { index } = this.find(codePoint)
    const page = (this.pages[codePoint >> PAGE_BITS] ??= new Uint32Array(PAGE_MASK + 1))
    page[codePoint & PAGE_MASK] = index + 1
    return index
  }

  private find(codePoint: number): CharacterClass {
    const character = String.fromCodePoint(codePoint)
    const sets = this.sets.map((set) => set.test(character))
    const kind = character === "\n" ? "lineEnd" : /\w/.test(character) ? "word" : "other"
    const key = `${kind}${sets.map(Number).join("")}`
    const found = this.known.get(key) ?? { index: this.classes.length, kind, sets }
    if (found.index === this.classes.length) {
      this.classes.push(found)
      this.known.set(key, found)
    }
    return found
  }
}

const PAGE_BITS = 8
const PAGE_MASK = 0xff
