/**
 * The little XML that AWS speaks.
 */

/** Elements by name, in order. */
export interface Elements {
  readonly [name: string]: string | Elements
}

/** Writes the elements; text is escaped. */
export const xml = (elements: Elements): string =>
  Object.entries(elements)
    .map(([name, content]) => `<${name}>${typeof content === "string" ? escape(content) : xml(content)}</${name}>`)
    .join("")

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
