import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import en from '../../messages/en.json'

const KEYS = Object.keys(en)
/** The app itself says these; the window only carries them. */
const OF_THE_APP = /^(tray|confirm|password|file|number)\./
/** Looked up by names that the app sends and that may be newer than the screen. */
const BY_NAME = /^(problem|obstacle|outcome|trouble|basis|cause|fix|job|refusal|device\.kind)\./
const PLURAL = /\.(zero|one|two|few|many|other)$/

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|svelte)$/.test(file) && !file.endsWith('.test.ts') && !file.includes('generated'))
  .map((file) => readFileSync(join('src', file), 'utf8'))
  .join('\n')

/** Every name that a source writes out, and every one it puts together from a fixed beginning. */
function namesUsed(text: string): { whole: Set<string>; patterns: RegExp[] } {
  const whole = new Set([...text.matchAll(/'([a-z][\w-]*(?:\.[\w-]+)+)'/g)].map(([, name = '']) => name))
  const stems = [...text.matchAll(/`([a-z][\w-]*\.[^`]*\$\{[^`]*)`/g)].map(([, name = '']) => name)
  const patterns = stems.map((stem) => new RegExp(`^${stem.replaceAll('.', '\\.').replace(/\$\{[^}]*\}/g, '[\\w.-]+')}$`))
  return { whole, patterns }
}

function isUsed(key: string, { whole, patterns }: ReturnType<typeof namesUsed>): boolean {
  const name = key.replace(PLURAL, '')
  return whole.has(key) || whole.has(name) || patterns.some((pattern) => pattern.test(key))
}

test('every text is used somewhere', () => {
  const used = namesUsed(sources)
  const idle = KEYS.filter((key) => !OF_THE_APP.test(key) && !BY_NAME.test(key) && !isUsed(key, used))
  expect(idle).toEqual([])
})

test('every name that is used has a text', () => {
  const asked = [...sources.matchAll(/\b(?:t|find|say)\('([\w.-]+)'/g)].map(([, name = '']) => name)
  expect(asked.length, 'the names must be found at all').toBeGreaterThan(80)
  expect(asked.filter((name) => !KEYS.includes(name))).toEqual([])
  const plurals = [...sources.matchAll(/\bplural\('([\w.-]+)'/g)].map(([, name = '']) => `${name}.other`)
  expect(plurals.filter((name) => !KEYS.includes(name))).toEqual([])
})

test('a text nobody asks for is found', () => {
  const used = namesUsed("t('nav.home'); t(`state.${name}`); plural('jobs.done', 2)")
  expect(isUsed('nav.home', used)).toBe(true)
  expect(isUsed('state.paused', used)).toBe(true)
  expect(isUsed('jobs.done.one', used)).toBe(true)
  expect(isUsed('nav.away', used)).toBe(false)
})

test('every count has a form for one and for more', () => {
  const stems = KEYS.filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, ''))
  for (const stem of new Set(stems)) expect(KEYS, stem).toEqual(expect.arrayContaining([`${stem}.one`, `${stem}.other`]))
})

test('what stands in the way always comes with what helps', () => {
  const kinds = KEYS.filter((key) => /^obstacle\.[\w-]+$/.test(key) && key !== 'obstacle.title')
  expect(kinds.length).toBeGreaterThan(15)
  for (const kind of kinds) expect(KEYS).toContain(`${kind}.fix`)
})
