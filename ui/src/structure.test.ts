import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => join('src', file))
  .filter((file) => /\.(ts|svelte)$/.test(file) && !file.endsWith('.test.ts'))

interface Import {
  from: string
  to: string
}

function importsOf(from: string): Import[] {
  const found = readFileSync(from, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...found].map(([, to = '']) => ({ from, to: to.startsWith('.') ? normalize(join(dirname(from), to)) : to }))
}

/** Why an import is not allowed, or nothing. */
function fault({ from, to }: Import): string | null {
  const within = (folder: string): boolean => from.startsWith(folder)
  if (to.startsWith('@tauri-apps/') && from !== 'src/lib/backend/tauri.ts') return 'only the backend speaks to Tauri'
  if (within('src/components/shared/') && /^src\/(components\/(?!shared)|lib\/(?!shared|messages|format)|views)/.test(to))
    return 'shared components know no domain'
  if (within('src/components/') && to.startsWith('src/views')) return 'components do not know the views'
  if (within('src/lib/') && /^src\/(components|views)/.test(to)) return 'the library does not know the screen'
  if (/^https?:/.test(to)) return 'nothing comes from elsewhere'
  return null
}

test('imports point one way', () => {
  const all = sources.flatMap(importsOf)
  expect(all.length, 'the imports must be found at all').toBeGreaterThan(20)
  expect(all.filter((one) => fault(one) !== null).map((one) => `${one.from} -> ${one.to}: ${fault(one)}`)).toEqual([])
})

test.each<[string, string]>([
  ['src/components/node/Bad.svelte', '@tauri-apps/api/core'],
  ['src/components/shared/Bad.svelte', 'src/lib/node/view'],
  ['src/components/node/Bad.svelte', 'src/views/Home.svelte'],
  ['src/lib/node/bad.ts', 'src/components/node/Header.svelte'],
])('%s must not import %s', (from, to) => {
  expect(fault({ from, to })).not.toBeNull()
})

test('no source names another host or turns text into markup', () => {
  for (const file of sources.filter((file) => !file.includes('/generated/'))) {
    const text = readFileSync(file, 'utf8')
    expect(text, file).not.toMatch(/https?:\/\/|\{@html|innerHTML|eval\(/)
  }
})
