/**
 * Characters that turn text around, hide it, or steer a terminal: controls, invisible marks, the bidirectional ones,
 * line separators and tags. Joiners stay, because people's languages and signs are written with them.
 */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/** Text of a stranger with its invisible characters made visible. What was turned around then reads as it is stored. */
export function harmless(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(UNSEEN, (unseen) => `\u2039${codeOf(unseen)}\u203a`)
}

/** The same for the middle of a sentence: whatever its direction, the words around it keep their places. */
export function isolated(text: string): string {
  const [firstStrongIsolate, popDirectionalIsolate] = ['\u2068', '\u2069']
  return firstStrongIsolate + harmless(text) + popDirectionalIsolate
}

function codeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
