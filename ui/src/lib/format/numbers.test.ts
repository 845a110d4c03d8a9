import { expect, test, vi } from 'vitest'
import { decimal, measured, percent, whole } from './numbers'

function withLocale(name: string): void {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue(name)
}

test('an exact amount keeps every digit, however large', () => {
  withLocale('en-US')
  expect(decimal('0.10')).toBe('0.10')
  expect(decimal('9007199254740993.07')).toBe('9,007,199,254,740,993.07')
  expect(decimal('12')).toBe('12')
})

test.each(['de-DE', 'en-IN', 'en-ZA', 'ar-EG'])('an amount is written as in the dialog of the system, also for %s', (name) => {
  withLocale(name)
  // The same rows stand in the tests of the shell.
  for (const [amount, written] of [
    ['0', '0'],
    ['999', '999'],
    ['1000', '1,000'],
    ['1234567.000000000000000001', '1,234,567.000000000000000001'],
  ] as const)
    expect(decimal(amount)).toBe(written)
  expect(whole(1234567)).toBe('1,234,567')
})

test('what is measured has one decimal below ten and none above', () => {
  expect([9.94, 9.96, 10.4, 0.05, 1234.5].map(measured)).toEqual(['9.9', '10', '10', '0.1', '1,235'])
})

test('what is no amount is shown as it came', () => {
  expect(decimal('soon')).toBe('soon')
})

test('percent has no decimals', () => {
  withLocale('en-US')
  expect(percent(41)).toBe('41%')
})

test.each(['', 'c', 'C.UTF-8', 'en_US'])('a system that calls its language %j gets plain English', (name) => {
  withLocale(name)
  expect(whole(1020)).toBe('1,020')
  expect(decimal('1234.50')).toBe('1,234.50')
})
