import { beforeEach, expect, test, vi } from 'vitest'
import { exact, exactMoney, isZero, money, short } from './amount'

beforeEach(() => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('en-US')
})

test.each([
  ['0', '0'],
  ['0.000000000000000000', '0'],
  ['1000', '1,000'],
  ['1000.000000000000000000', '1,000'],
  ['1012.4', '1,012.4'],
  ['100.999', '100.99'],
  ['99.99999', '99.9999'],
  ['12.5', '12.5'],
  ['8.27123456', '8.2712'],
  ['1.00001', '1'],
  ['0.01', '0.01'],
  ['0.012345', '0.0123'],
  ['0.00999', '0.0099'],
  ['0.000997352', '0.00099'],
  ['0.0000010', '0.000001'],
  ['0.00000099', '< 0.000001'],
  ['0.000000000000000001', '< 0.000001'],
  ['149999999.999999999999999999', '149,999,999.99'],
  ['9007199254740993.07', '9,007,199,254,740,993.07'],
  ['0007.5', '7.5'],
])('%s is shown as %s', (amount, shown) => {
  expect(short(amount)).toBe(shown)
})

test('no amount is ever shown as more than it is', () => {
  const amounts = ['0.0099999', '0.99999999', '9.99999999', '99.99999999', '999.99999999', '0.00000199999']
  for (const amount of amounts) expect(Number(short(amount)), amount).toBeLessThanOrEqual(Number(amount))
})

test('the exact amount keeps every digit that says something', () => {
  expect(exact('149999999.999999999999999999')).toBe('149,999,999.999999999999999999')
  expect(exact('0.000001365000000000')).toBe('0.000001365')
  expect(exact('1000.000')).toBe('1,000')
})

test('the token follows after a space that does not break', () => {
  expect(money('8.27123456', 'aipg')).toBe('8.2712\u00a0AIPG')
  expect(exactMoney('0.000001365', 'eth')).toBe('0.000001365\u00a0ETH')
})

test('an amount reads the same in every country, as in the dialog of the system', () => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('de-DE')
  expect(short('1234.567')).toBe('1,234.56')
  expect(short('0.0000001')).toBe('< 0.000001')
})

test.each(['', 'soon', '-1', '1e18', '1,5', '.5'])('%j is no amount and is shown as it came', (text) => {
  expect(short(text)).toBe(text)
  expect(exact(text)).toBe(text)
  expect(isZero(text), 'what cannot be read is not known to be nothing').toBe(false)
})

test('nothing is told from next to nothing', () => {
  expect(['0', '0.0', '00.000'].every(isZero)).toBe(true)
  expect(isZero('0.000000000000000001')).toBe(false)
})
