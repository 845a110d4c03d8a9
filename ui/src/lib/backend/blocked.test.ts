import { expect, test } from 'vitest'
import type { Blocked } from './backend'
import { BlockedReports } from './blocked'

function block(page: Document, effectiveDirective: string, blockedURI: string): void {
  page.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { effectiveDirective, blockedURI }))
}

function listened(): { page: Document; reports: BlockedReports; told: Blocked[]; tell: () => void } {
  const page = document.implementation.createHTMLDocument()
  const reports = new BlockedReports(page)
  const told: Blocked[] = []
  return { page, reports, told, tell: () => reports.tell(async (blocked) => void told.push(blocked)) }
}

test('what is blocked before anybody listens is kept and told then', () => {
  const { page, told, tell } = listened()
  block(page, 'script-src-elem', 'inline')
  expect(told).toEqual([])
  tell()
  block(page, 'img-src', 'data')
  expect(told).toEqual([
    { directive: 'script-src-elem', what: 'inline' },
    { directive: 'img-src', what: 'data' },
  ])
})

test('no more than twenty are kept', () => {
  const { page, told, tell } = listened()
  for (let index = 0; index < 50; index += 1) block(page, 'img-src', `asset:${index}`)
  tell()
  expect(told).toHaveLength(20)
  expect(told[0]?.what).toBe('asset:0')
})

test.each([
  ['asset://page/x.js?key=secret', 'asset://page/x.js'],
  ['asset://page/x.js#secret', 'asset://page/x.js'],
  ['asset://page/x?a#b?c', 'asset://page/x'],
  ['', 'inline'],
  ['eval', 'eval'],
])('of %j only %j is told', (uri, what) => {
  const { page, told, tell } = listened()
  tell()
  block(page, 'connect-src', uri)
  expect(told).toEqual([{ directive: 'connect-src', what }])
})

test('a report that cannot be made breaks nothing', async () => {
  const { page, reports } = listened()
  reports.tell(() => Promise.reject(new Error('nobody there')))
  block(page, 'img-src', 'data')
  // A rejection that nobody catches would fail the run.
  await Promise.resolve()
})
