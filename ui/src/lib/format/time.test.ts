import { beforeEach, expect, test, vi } from 'vitest'
import { ago, exact } from './time'

const NOON = Date.UTC(2026, 10, 22, 12, 0, 0)

beforeEach(() => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('en-GB')
})

test.each([
  [0, 'now'],
  [59_000, 'now'],
  [60_000, '1 min ago'],
  [3 * 3_600_000 + 5, '3 hr ago'],
])('%i ms ago reads %s', (age, words) => {
  // Short units differ a little between versions of the language data.
  expect(ago(NOON - age, NOON).replace('hr', 'h')).toBe(words.replace('hr', 'h'))
})

test('a day ago is a date', () => {
  expect(ago(NOON - 86_400_000, NOON)).toBe(exact(NOON - 86_400_000))
})

test('a clock that went back shows no future', () => {
  expect(ago(NOON + 5_000, NOON)).toBe('now')
})
