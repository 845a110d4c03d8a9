import { expect, test } from 'vitest'
import type { Wallet } from '../backend/backend'
import { aLook, anAction, anOffer, aWallet } from '../backend/samples'
import { nextOf, nextWords } from './next'

const short = { kind: 'not-enough-aipg', amount: '1', until: null }

test.each<[string, Wallet | null, ReturnType<typeof nextOf>]>([
  ['without a wallet', null, null],
  ['with enough for a bond', aWallet(), 'bond'],
  ['without enough', aWallet({ offers: [anOffer('bond', { obstacle: short })] }), null],
  ['with a bond', aWallet({ seen: aLook({ bond: { kind: 'bonded', amount: '1000' } }), offers: [anOffer('unbond')] }), null],
  ['after a slash nobody is urged', aWallet({ seen: aLook({ bond: { kind: 'slashed' } }) }), null],
  ['while a plan is carried out', aWallet({ action: anAction() }), null],
  ['while a plan is interrupted', aWallet({ action: anAction({ stage: 'interrupted' }) }), 'go-on'],
  ['after a plan', aWallet({ action: anAction({ stage: 'ended', outcome: 'done' }) }), 'bond'],
  ['after a refused plan', aWallet({ action: anAction({ stage: 'ended', outcome: 'reverted' }) }), 'look'],
  ['after a stopped plan', aWallet({ action: anAction({ stage: 'ended', outcome: 'stopped' }) }), 'look'],
])('%s', (_what, wallet, next) => {
  expect(nextOf(wallet)).toBe(next)
})

test('why it is the next thing is said in words', () => {
  expect(nextWords('bond', aWallet())).toContain('play money to try it: 1,050\u00a0AIPG')
  expect(nextWords('bond', aWallet({ practice: false }))).not.toContain('play money')
  const refused = aWallet({ action: anAction({ stage: 'ended', outcome: 'reverted' }) })
  expect(nextWords('look', refused)).toBe('The contract refused it. Nothing moved except the network fee.')
  expect(nextWords('go-on', aWallet({ action: anAction({ stage: 'interrupted' }) }))).toContain('written down')
})
