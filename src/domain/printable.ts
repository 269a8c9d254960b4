/**
 * Text that someone else wrote, for people to read in a line of a log.
 */

/**
 * What is not seen, or changes how the text around it is: controls, line and paragraph separators, format characters such as those that turn
 * the direction of writing, halves of surrogate pairs, and code points that are no characters.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{NChar}]/gu

/**
 * The text with everything that is not seen written as `\uXXXX`, so that no text can forge a line, hide a part of one, or move a cursor.
 */
export const printable = (text: string): string =>
  text.replace(INVISIBLE, (character) =>
    character.length === 1 ? escaped(character.charCodeAt(0)) : `\\u{${character.codePointAt(0)?.toString(16)}}`
  )

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`
