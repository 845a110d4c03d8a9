import { encode } from 'uqr'

/** A QR code as one path of unit squares in a square of this size, with the quiet edge that readers need. */
export interface QrPath {
  size: number
  path: string
}

/** Draws the text. Neighbours in a row are one stroke, which keeps the path short and without seams. */
export function qrOf(text: string): QrPath {
  const { size, data } = encode(text, { ecc: 'M', border: 4 })
  return { size, path: data.map(rowPath).join('') }
}

function rowPath(row: boolean[], y: number): string {
  const cells = row.map((dark) => (dark ? '1' : '0')).join('')
  return [...cells.matchAll(/1+/g)].map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`).join('')
}
