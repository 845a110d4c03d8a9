import { afterEach, expect, test, vi } from 'vitest'
import { placeFault } from './place'
import { dayName, lineWords } from './schedule'

afterEach(() => vi.restoreAllMocks())

test.each([
  ['', 'empty'],
  ['grid.example.org', null],
  ['https://grid.example.org/api', null],
  ['http://127.0.0.1:7010', null],
  ['http://localhost:7010', null],
  ['http://[::1]:7010', null],
  ['http://grid.example.org', 'plain'],
  ['ftp://grid.example.org', 'shape'],
  ['https://me:pw@grid.example.org', 'credentials'],
  ['grid.example.org/?key=1', 'shape'],
  ['grid.example.org/#x', 'shape'],
  ['two words', 'shape'],
])('the coordinator %s is at fault: %s', (typed, fault) => {
  expect(placeFault(typed)).toBe(fault)
})

test('hours are told in a sentence', () => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('en-US')
  expect(dayName('mon', 'long')).toBe('Monday')
  const line = { days: ['sun', 'sat'] as const, from: '08:00', to: '', slots: 0 }
  expect(lineWords({ ...line, days: [...line.days] })).toBe('Sat, Sun, 08:00 to 24:00: off the Grid')
  expect(lineWords({ days: [], from: '', to: '06:00', slots: 2 })).toBe('Every day, 00:00 to 06:00: 2 jobs at once')
})
