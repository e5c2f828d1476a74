// @ts-check
// The receipt of what was received, as a text that `sha256sum -c` reads.

/** @typedef {{name: string, size: number, digest: string, number: number | null}} ReceiptLine in the case; null for who does not work with it */

/**
 * A line for each file as `sha256sum` writes it; lines that begin with # are comments to it. A name with a line end or a
 * backslash is escaped, and its line begins with a backslash (GNU coreutils, section 6.1).
 *
 * @param {readonly string[]} heading @param {readonly ReceiptLine[]} files
 */
export function receiptText(heading, files) {
  const lines = files.map(({ name, digest }) => {
    const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
    return `${escaped === name ? "" : "\\"}${digest}  ${escaped}`;
  });
  return [...heading.map((line) => `# ${line.replace(/[\r\n]/g, " ")}`), ...lines, ""].join("\n");
}
