import { expect, test } from 'vitest'
import type { Bond } from '../backend/backend'
import { aLook } from '../backend/samples'
import { bondLine, bondWords, heldBy, leastBond } from './bond'

const BONDS: Record<Bond['kind'], Bond> = {
  none: { kind: 'none' },
  bonded: { kind: 'bonded', amount: '1000' },
  'cooling-down': { kind: 'cooling-down', amount: '1000', until: Date.UTC(2026, 11, 1, 12) },
  withdrawable: { kind: 'withdrawable', amount: '1000' },
  slashed: { kind: 'slashed' },
  locked: { kind: 'locked', amount: '1000' },
  unclear: { kind: 'unclear' },
}

test('every bond has its own words and none is left with a placeholder', () => {
  const titles = Object.values(BONDS).map((bond) => {
    const { title, words } = bondWords(aLook({ bond }))
    expect(title + words).not.toMatch(/[{}]/)
    return title
  })
  expect(new Set(titles).size).toBe(titles.length)
})

test('before the first look the bond is not known, which is not the same as none', () => {
  expect(bondWords(null).title).toBe('Not known yet')
  expect(heldBy(null)).toBeNull()
  expect(bondLine(null)).toBeNull()
})

test('what the contract holds is not 0 where its answer made no sense', () => {
  expect(heldBy(aLook({ bond: BONDS.unclear }))).toBeNull()
  expect(heldBy(aLook({ bond: BONDS.locked }))).toBe('1000')
  expect(heldBy(aLook({ bond: BONDS.slashed }))).toBe('0')
})

test('the rail says only what is sure', () => {
  expect(bondLine(aLook({ bond: BONDS.bonded }))).toBe('Bonded 1,000\u00a0AIPG')
  expect(bondLine(aLook({ bond: BONDS.none }))).toBe('Not bonded')
  expect(bondLine(aLook({ bond: BONDS['cooling-down'] }))).toBe('Unbonding')
  for (const kind of ['unclear', 'slashed'] as const) expect(bondLine(aLook({ bond: BONDS[kind] }))).toBeNull()
})

test('a contract that holds nothing is not said to hold 0', () => {
  const title = (bond: Bond): string => bondWords(aLook({ bond })).title
  expect(title({ kind: 'bonded', amount: '0' })).toBe('Bonded with nothing')
  expect(title({ kind: 'locked', amount: '0' })).toBe('Barred')
  expect(bondWords(aLook({ bond: BONDS.locked })).words).toContain('keeps 1,000\u00a0AIPG')
})

test('a least bond of zero is none, and one that is not known is not zero', () => {
  expect(leastBond(aLook())).toBe('The least bond is 1,000\u00a0AIPG.')
  expect(leastBond(aLook({ minimum: '0' }))).toBe('The contract enforces no least bond.')
  expect(leastBond(aLook({ minimum: null }))).toBeNull()
  expect(leastBond(null)).toBeNull()
})
