import { encode } from 'uqr'
import { expect, test } from 'vitest'
import { aWallet } from '../backend/samples'
import { qrOf } from './qr'

const EDGE = 4
const { address } = aWallet()

/** Fills a square by the path's strokes. */
function drawn({ size, path }: ReturnType<typeof qrOf>): boolean[][] {
  const rows = Array.from({ length: size }, () => Array<boolean>(size).fill(false))
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    rows[Number(y)]?.fill(true, Number(x), Number(x) + Number(run))
  }
  return rows
}

test('the path draws the code square by square', () => {
  expect(drawn(qrOf(address))).toEqual(encode(address, { ecc: 'M', border: EDGE }).data)
})

test('nothing is drawn in the quiet edge', () => {
  const rows = drawn(qrOf(address))
  const edge = [...rows.slice(0, EDGE), ...rows.slice(-EDGE), ...rows.map((row) => [...row.slice(0, EDGE), ...row.slice(-EDGE)])]
  expect(edge.flat().some(Boolean)).toBe(false)
  expect(rows.flat().some(Boolean), 'the rest is a code').toBe(true)
})
