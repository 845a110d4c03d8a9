import { expect, test } from 'vitest'
import en from '../../messages/en.json'
import { find, plural, t } from './t'

test('placeholders are filled, and one without a value shows', () => {
  expect(t('state.loading-model', { percent: '41 %' })).toBe('Loading model, 41 %')
  expect(t('state.loading-model')).toContain('{percent}')
})

test('a name this screen does not know is no text', () => {
  expect(find('problem.of-tomorrow.title')).toBeUndefined()
  expect(find('toString')).toBeUndefined()
})

test('texts keep the rules of the house', () => {
  for (const [key, text] of Object.entries(en)) {
    expect(text, `${key} shouts`).not.toContain('!')
    expect(text.toLowerCase(), `${key} uses a word people do not know`).not.toMatch(/\b(gas|dapp|yield|den)\b/)
    expect(text.trim(), `${key} is empty or padded`).toBe(text)
    expect(text, `${key} is empty`).not.toBe('')
  }
})

test('a count takes the form that its language asks for', () => {
  expect(plural('device.jobs', 1)).toBe('job done')
  expect(plural('device.jobs', 0)).toBe('jobs done')
  expect(plural('plan.bond.does', 2, { count: '2', amount: 'x' })).toContain('2 transactions')
})
