import { expect, test } from 'vitest'
import type { Obstacle, Wish } from '../backend/backend'
import { NOON } from '../backend/samples'
import { fixFor, obstacleWords } from './obstacle'

const told = (part: Partial<Obstacle> & Pick<Obstacle, 'kind'>, wish: Wish = 'bond'): ReturnType<typeof obstacleWords> =>
  obstacleWords({ amount: null, until: null, ...part }, wish)

const KINDS = [
  ...['contract-changed', 'grid-paused', 'token-paused', 'minimum-unknown', 'below-minimum', 'nothing'],
  ...['not-enough-aipg', 'not-enough-eth', 'already-bonded', 'not-bonded', 'cooling-down', 'barred', 'not-approved'],
  ...['fees-rose', 'expired', 'not-signed', 'would-fail', 'overtaken', 'lost-destination'],
]

test.each(KINDS)('%s has words of its own and says what helps', (kind) => {
  const { words, fix } = told({ kind, amount: '12.5', until: NOON })
  expect(words + fix).not.toMatch(/[{}]/)
  expect(words, 'the general words are for what is not known').not.toContain('no words')
})

test.each(['of-tomorrow', 'title', 'unknown', 'below-minimum.fix'])('an obstacle called %s gets general words', (kind) => {
  expect(told({ kind })).toEqual({
    words: 'This version has no words for what stands in the way. Nothing is signed.',
    fix: 'Look for a newer Grid Node.',
  })
})

test('who cannot stay bonded because the least bond rose is told to withdraw', () => {
  expect(told({ kind: 'below-minimum', amount: '2000' }, 'cancel-unbond').fix).toMatch(/^Withdraw it/)
  expect(told({ kind: 'below-minimum', amount: '2000' }, 'bond').fix).toMatch(/^Check again/)
})

test('what is missing is said to the last digit, in its own coin', () => {
  const short = { amount: '0.000000000000000001', until: null }
  expect(told({ kind: 'not-enough-eth', ...short }).words).toContain('0.000000000000000001\u00a0ETH')
  expect(told({ kind: 'not-enough-aipg', ...short }).words).toContain('0.000000000000000001\u00a0AIPG')
})

test.each([
  ['not-enough-aipg', true, 'practice-money'],
  ['not-enough-eth', true, 'practice-money'],
  ['cooling-down', true, 'skip-cooldown'],
  ['grid-paused', true, null],
  ['not-enough-aipg', false, null],
  ['cooling-down', false, null],
])('against %s, in practice %s, %s helps', (kind, practice, fix) => {
  expect(fixFor({ kind, amount: null, until: null }, practice)).toBe(fix)
})
