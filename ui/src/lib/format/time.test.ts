import { beforeEach, expect, test, vi } from 'vitest'
import { age, ago, exact, lasting, midnightOf, took, until } from './time'

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

test.each([
  [12_000, '12 sec ago'],
  [59_999, '59 sec ago'],
  [60_000, '1 min ago'],
  [-5_000, 'now'],
])('%i ms after it was read it is %s', (span, words) => {
  expect(age(NOON - span, NOON)).toBe(words)
})

test.each([
  [23 * 60_000 + 59_000, 'in 23 min'],
  [59 * 60_000, 'in 59 min'],
  [3 * 3_600_000 + 5, 'in 3 hr'],
  [-5_000, 'this minute'],
])('in %i ms reads %s', (left, words) => {
  expect(until(NOON + left, NOON).replace('hr', 'h')).toBe(words.replace('hr', 'h'))
})

test('what comes in a day or later is a date', () => {
  expect(until(NOON + 86_400_000, NOON)).toBe(exact(NOON + 86_400_000))
})

test.each([
  [940, '0.9 sec'],
  [9_999, '9.9 sec'],
  [11_900, '11 sec'],
  [125_000, '2 min'],
  [-3, '0 sec'],
])('%i ms took %s', (span, words) => {
  expect(took(span).replace('secs', 'sec').replace('mins', 'min')).toBe(words)
})

test.each([
  [604_800, '7 days'],
  [86_400, '1 day'],
  [7_200, '2 hours'],
  [600, '10 minutes'],
  [90, '90 seconds'],
  [0, '0 seconds'],
])('%i seconds last %s', (seconds, words) => {
  expect(lasting(seconds)).toBe(words)
})

test('a day begins at its local midnight', () => {
  const local = new Date(2026, 10, 22, 15, 30)
  expect(midnightOf(local.getTime())).toBe(new Date(2026, 10, 22).getTime())
})

test('words are in the language of the screen while dates are in the way of the reader', () => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('de-DE')
  expect(lasting(604_800)).toBe('7 days')
  expect(ago(NOON - 60_000, NOON)).toContain('ago')
  expect(exact(NOON)).toContain('2026')
})
