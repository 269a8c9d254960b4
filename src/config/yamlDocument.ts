/**
 * The text of a config file as a YAML document that knows where everything stands.
 */
import { type Document, LineCounter, parseDocument } from "yaml"
import { ofKey, type Position, type Problem } from "./Problem.ts"

/** A document. **Shape** Of one with problems of syntax nothing else is to be relied on. */
export interface YamlDocument {
  readonly contents: Document.Parsed["contents"]
  readonly problems: ReadonlyArray<Problem>
  readonly positionAt: (offset: number) => Position
}

/**
 * Reads the text.
 *
 * **Shape** All scalars are text and duplicate keys are let through: what they mean is judged by others, with their place.
 *
 * **Errors** A problem for every slip of syntax; none shows the text of the file, which could be a secret.
 */
export const yamlDocument = (text: string): YamlDocument => {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    schema: "failsafe",
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "error"
  })
  // A byte order mark is no column that an editor shows.
  const markLength = text.startsWith("\uFEFF") ? 1 : 0
  const positionAt = (offset: number): Position => {
    const { col, line } = lines.linePos(offset)
    return { line, column: line === 1 ? Math.max(1, col - markLength) : col }
  }
  return {
    contents: document.contents,
    problems: document.errors.map((error) => ofKey(positionAt(error.pos[0]), [], syntaxMessage(error))),
    positionAt
  }
}

/** The parser's own words, but for what it quotes of the file, behind a colon or as a tag: that could be a secret. */
const syntaxMessage = ({ code, message }: { readonly code: string; readonly message: string }): string => {
  if (code === "MULTIPLE_DOCS") return "a second document begins here; one file holds one config"
  if (code === "RESOURCE_EXHAUSTION" || message.startsWith("Maximum call stack"))
    return "is nested deeper than any config"
  return `is no YAML: ${message.replace(/(?<=\w): .*$/s, "").replace(/[!%]\S+/g, "…")}`
}
