import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const css = readFileSync('src/styles/tokens.css', 'utf8')
const PAIR = /^ {2}--([\w-]+): var\(--light, (#[0-9a-f]{6})\) var\(--dark, (#[0-9a-f]{6})\);$/gm
const pairs = [...css.matchAll(PAIR)].map(([, name = '', light = '', dark = '']) => ({ name, light, dark }))

function colours(theme: 'light' | 'dark'): Map<string, string> {
  return new Map(pairs.map((pair) => [pair.name, pair[theme]]))
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
  ['ok', 'panel'],
]
const PARTS = ['edge', 'focus', 'ok', 'warn', 'bad', 'info'].flatMap((part) => GROUNDS.map((ground) => [part, ground]))

test.each([
  ['light', colours('light')],
  ['dark', colours('dark')],
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

test('every colour stands once, with both of its values', () => {
  const once = css.match(/^ {2}--(?!code-)[\w-]+: .*#/gm) ?? []
  expect(pairs.length, 'the colours must be found at all').toBeGreaterThan(15)
  expect(once, 'a colour with one value would be the same in both themes').toHaveLength(pairs.length)
})

test('a code is read dark on light in both themes', () => {
  const [ground = '', ink = ''] = ['ground', 'ink'].map((part) => css.match(`--code-${part}: (#[0-9a-f]{6});`)?.[1] ?? '')
  expect(contrast(ground, ink)).toBeGreaterThan(10)
  expect(luminance(ground)).toBeGreaterThan(luminance(ink))
})

/** Which theme a rule switches on: the switch that is `initial` takes its values. */
function themeOf(selector: string): string | undefined {
  const block = css.slice(css.indexOf(selector)).split('}')[0] ?? ''
  return [...block.matchAll(/--(light|dark): (initial)?;/g)].find(([, , on]) => on !== undefined)?.[1]
}

test.each([
  [':root {', 'light'],
  ['@media (prefers-color-scheme: dark)', 'dark'],
  [":root[data-theme='light']", 'light'],
  [":root[data-theme='dark']", 'dark'],
])('%s shows the %s theme', (selector, theme) => {
  expect(themeOf(selector)).toBe(theme)
})

test("the owner's choice stands after the system's, so that it wins", () => {
  expect(css.indexOf("[data-theme='light']")).toBeGreaterThan(css.indexOf('@media (prefers-color-scheme'))
})

test('no colour stands anywhere else', () => {
  const others = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.(svelte|css)$/.test(file) && !file.endsWith('tokens.css'),
  )
  expect(others.length).toBeGreaterThan(20)
  for (const file of others)
    expect(readFileSync(join('src', file), 'utf8'), file).not.toMatch(/#[0-9a-f]{3,8}\b[^']*;|rgba?\(|hsla?\(/i)
})
