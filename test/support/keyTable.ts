/**
 * The README's table of keys, made from the Schema. `node test/support/keyTable.ts` writes it there; a test holds the two
 * together.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { configKeys } from "../../src/config/S3beatConfig.ts"

const BEGIN = "<!-- keys -->\n"
const END = "<!-- /keys -->"

const cell = (text: string | undefined): string => (text ?? "").replaceAll("|", "\\|")

/** The table, as Markdown. Keys that s3beat only accepts are left to the warning that says why. */
export const keyTable = (): string =>
  [
    "| key | default | bounds | what it is for |",
    "|---|---|---|---|",
    ...configKeys
      .filter(({ isSection, unused }) => !isSection && unused === undefined)
      .map((key) => {
        const value = key.isRequired ? "*required*" : key.default === undefined ? "" : `\`${key.default}\``
        return `| \`${key.path}\` | ${cell(value)} | ${cell(key.bounds)} | ${cell(key.description)} |`
      })
  ].join("\n")

/** The README with the table in its place. */
export const withKeyTable = (readme: string): string => {
  const begin = readme.indexOf(BEGIN) + BEGIN.length
  return `${readme.slice(0, begin)}\n${keyTable()}\n\n${readme.slice(readme.indexOf(END))}`
}

if (import.meta.main) writeFileSync("README.md", withKeyTable(readFileSync("README.md", "utf8")))
