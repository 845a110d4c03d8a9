import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync('src/styles/tokens.css', 'utf8')
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)')

function colours(block: string): Map<string, string> {
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]))
}

/** Relative luminance as WCAG defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const GROUNDS = ['page', 'bar', 'panel', 'panel-2']
const TEXT = [
  ...['ink', 'ink-2', 'ink-3', 'bad', 'accent-ink'].flatMap((ink) => GROUNDS.map((ground) => [ink, ground])),
  ...['ink', 'ink-2'].flatMap((ink) => ['accent-soft', 'bad-soft'].map((ground) => [ink, ground])),
  ['bad', 'accent-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
]
const PARTS = ['edge', 'focus', 'ok', 'warn', 'bad', 'info'].flatMap((part) => GROUNDS.map((ground) => [part, ground]))

test.each([
  ['light', colours(light)],
  ['dark', colours(dark)],
])('every text and part can be told from its ground in the %s theme', (_theme, palette) => {
  const check = (pairs: string[][], least: number): void => {
    for (const [front = '', ground = ''] of pairs) {
      const found = contrast(palette.get(front) ?? '', palette.get(ground) ?? '')
      expect(found, `${front} on ${ground}`).toBeGreaterThanOrEqual(least)
    }
  }
  check(TEXT, 4.5)
  check(PARTS, 3)
})

test('the dark theme names every colour of the light one', () => {
  expect([...colours(dark).keys()].sort()).toEqual([...colours(light).keys()].sort())
})
