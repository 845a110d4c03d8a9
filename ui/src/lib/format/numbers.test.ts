import { expect, test, vi } from 'vitest'
import { decimal, percent, whole } from './numbers'

function withLocale(name: string): void {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue(name)
}

test('an exact amount keeps every digit, however large', () => {
  withLocale('en-US')
  expect(decimal('0.10')).toBe('0.10')
  expect(decimal('9007199254740993.07')).toBe('9,007,199,254,740,993.07')
  expect(decimal('12')).toBe('12')
})

test('amounts follow the reader', () => {
  withLocale('de-DE')
  expect(decimal('1234.50')).toBe('1.234,50')
  expect(whole(1020)).toBe('1.020')
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
