/**
 * A text as words are compared: NFC, without case.
 *
 * By way of upper case, as Unicode's case folding has it: `ß` is `ss`, and both small sigmas are one.
 */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase()
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}
