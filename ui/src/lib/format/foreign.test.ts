import { expect, test } from 'vitest'
import { harmless, isolated } from './foreign'

const BIDI = ['202a', '202b', '202c', '202d', '202e', '2066', '2067', '2068', '2069', '200e', '200f', '061c']
const UNSEEN = ['0000', '0007', '001b', '000d', '007f', '0085', '00ad', '200b', '2028', '2029', '2060', 'feff', 'e0041']

test.each([...BIDI, ...UNSEEN])('U+%s is made visible', (code) => {
  const character = String.fromCodePoint(Number.parseInt(code, 16))
  expect(harmless(`a${character}b`)).toBe(`a\u2039U+${code.toUpperCase()}\u203ab`)
})

test.each([
  ['plain text', 'Paris, 10 €, 42 %'],
  ['lines and tabs', 'one\ntwo\tthree'],
  ['another direction', 'שלום עולם'],
  ['joined signs', '👩\u200d💻'],
  ['letters that need a joiner', 'می\u200cخواهم'],
  ['markup, which is text here', '<b>&amp;</b>'],
])('%s stays as it is', (_what, text) => {
  expect(harmless(text)).toBe(text)
})

test('the line ends of another system are line ends', () => {
  expect(harmless('one\r\ntwo')).toBe('one\ntwo')
})

test('what is put into a sentence cannot end its own isolation', () => {
  expect(isolated('a\u2069b')).toBe('\u2068a\u2039U+2069\u203ab\u2069')
})
