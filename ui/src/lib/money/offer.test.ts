import { expect, test } from 'vitest'
import type { Offer, Owner, Wish } from '../backend/backend'
import { anOffer } from '../backend/samples'
import { offerTitle, planOf, wishLabel } from './offer'

const SLOW = { slow: true, cooldownSeconds: 604_800 }
const ADDRESS = '0x8617E340B3D01FA5F11F306F4090FD50E238070D'

function textOf(offer: Offer, owner: Owner | null = null): string {
  return planOf(offer, owner)
    .flatMap(({ words }) => words)
    .join(' ')
}

test.each<[Wish, Partial<Offer>, string]>([
  ['bond', {}, 'Bond 1,000\u00a0AIPG'],
  ['unbond', {}, 'Take back 1,000\u00a0AIPG'],
  ['unbond', SLOW, 'Start unbonding'],
  ['unbond', { slow: false, cooldownSeconds: 604_800 }, 'Take back 1,000\u00a0AIPG'],
  ['cancel-unbond', {}, 'Stay bonded'],
  ['revoke', {}, 'Take the permission back'],
  ['withdraw-bond', {}, 'Withdraw 1,000\u00a0AIPG'],
  ['unbond', { amount: null }, 'Take back the bond'],
])('the button of %s %j says %s', (wish, part, label) => {
  const offer = anOffer(wish, part)
  expect(wishLabel(offer.wish, offer.amount, offer.slow)).toBe(label)
})

test.each<[Wish, Partial<Offer>]>([
  ['bond', {}],
  ['unbond', {}],
  ['unbond', SLOW],
  ['cancel-unbond', {}],
  ['revoke', {}],
  ['withdraw-bond', {}],
  ['withdraw-bond', { amount: null, feeLimit: null, steps: [] }],
])('the plan of %s %j answers all five questions', (wish, part) => {
  const plan = planOf(anOffer(wish, part), null)
  expect(plan.map(({ question }) => question)).toEqual([
    'What it does',
    'What it cannot do',
    'The most it can cost',
    'Where it goes',
    ...(wish === 'bond' ? ['Who holds it'] : []),
    'Can it be undone',
  ])
  for (const { words } of plan) expect(words.join(' ')).toMatch(/^[^{}]+$/)
})

test('taking a bond back reads differently where the contract keeps it for a while', () => {
  expect(textOf(anOffer('unbond', SLOW))).toContain('holds it for another 7 days')
  expect(textOf(anOffer('unbond', { slow: true }))).toContain('holds it for its waiting time')
  expect(textOf(anOffer('unbond'))).toContain('at once')
  expect(offerTitle(anOffer('unbond', SLOW))).not.toBe(offerTitle(anOffer('unbond')))
})

test('a bond is put up in as many transactions as the plan has', () => {
  expect(textOf(anOffer('bond'))).toContain('2 transactions')
  expect(textOf(anOffer('bond', { steps: ['register'] }))).toContain('1 transaction:')
})

test('the most it costs is said to the last digit, and not made up while unknown', () => {
  expect(textOf(anOffer('bond', { feeLimit: '0.000001365000000001' }))).toContain('0.000001365000000001\u00a0ETH')
  expect(textOf(anOffer('bond', { feeLimit: null }))).not.toContain('ETH')
})

test('a bond says how far its permission reaches, and that it gives none where one is there', () => {
  expect(textOf(anOffer('bond'))).toContain('the permission stays until you take it back')
  expect(textOf(anOffer('bond', { steps: [] }))).toContain('the permission stays until you take it back')
  expect(textOf(anOffer('bond', { steps: ['register'] }))).toContain('It gives no new permission')
})

test('before a bond it is said who will hold it and what the owner of the contract can do', () => {
  const words = textOf(anOffer('bond'))
  for (const fact of ['held by', 'upgradeable', 'without notice', 'pause withdrawals', 'move the funds', 'same pot', 'not required'])
    expect(words, fact).toContain(fact)
  expect(textOf(anOffer('cancel-unbond')), 'who stays bonded is told as well').toContain('owner can change its code')
})

test.each<[boolean | null, string]>([
  [true, `its owner: ${ADDRESS}, one single key.`],
  [false, `its owner: ${ADDRESS}, a contract of its own.`],
  [null, `its owner: ${ADDRESS}.`],
])('an owner whose plain key is %s is told as such', (plainKey, words) => {
  expect(textOf(anOffer('bond'), { address: ADDRESS, plainKey })).toContain(words)
})

test('an owner that could not be read is not made up', () => {
  expect(textOf(anOffer('bond'))).toContain('upgradeable by its owner. ')
})

test('a bond that comes back late says so before it is put up', () => {
  expect(textOf(anOffer('bond', SLOW))).toContain('after a waiting time of 7 days, and during that time it can still be slashed')
  expect(textOf(anOffer('bond', { slow: true }))).toContain('only after a waiting time, and during')
  expect(textOf(anOffer('bond'))).not.toContain('slashed')
})
