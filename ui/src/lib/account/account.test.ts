import { expect, test } from 'vitest'
import { NOON } from '../backend/samples'
import { aPage, aPermission, anAccount } from '../backend/samples-account'
import { addressFault, isSameAddress } from './address'
import { looksLikeKey } from './key'
import { daysLeft, permissionState, remindersOf } from './reminders'

const DAY = 86_400_000
const ADDRESS = '0x52908400098527886E0F7030069857D2E4169EE7'

test.each([
  [DAY * 15, 'good'],
  [DAY * 14, 'ending'],
  [DAY * 4, 'ending'],
  [DAY * 3, 'urgent'],
  [1, 'urgent'],
  [0, 'ended'],
  [-DAY, 'ended'],
] as const)('a permission that ends in %d ms is %s', (left, expected) => {
  expect(permissionState(aPermission({ until: NOON + left }), NOON)).toBe(expected)
})

test('a permission by another wallet is of no use, however long it lasts', () => {
  expect(permissionState(aPermission({ holds: false }), NOON)).toBe('void')
})

test('days that are not whole do not count, and none is below nothing', () => {
  expect(daysLeft(NOON + 2 * DAY - 1, NOON)).toBe(1)
  expect(daysLeft(NOON - DAY, NOON)).toBe(0)
})

test('who is paid and signed for as it should be is reminded of nothing', () => {
  expect(remindersOf(anAccount(), NOON)).toEqual([])
  expect(remindersOf(null, NOON)).toEqual([])
})

test('a page that was never read says nothing of who is paid', () => {
  expect(remindersOf(anAccount({ page: null, permissions: [] }), NOON)).toEqual([])
  const kinds = remindersOf(anAccount({ page: aPage({ payoutWallet: null }) }), NOON).map(({ kind }) => kind)
  expect(kinds).toEqual(['no-payout-wallet'])
})

test('the permission that ends first speaks for all', () => {
  const permissions = [aPermission({ until: NOON + 9 * DAY }), aPermission({ workerName: 'other', until: NOON + 2 * DAY })]
  expect(remindersOf(anAccount({ permissions }), NOON)).toEqual([{ kind: 'permission-ending', workerName: 'other', days: 2 }])
})

test.each([
  ['', 'empty'],
  ['   ', 'empty'],
  ['0x123', 'shape'],
  [ADDRESS.slice(2), 'shape'],
  [ADDRESS.replace('5', 'g'), 'shape'],
  [`0x${'0'.repeat(40)}`, 'nobody'],
  [ADDRESS, null],
  [` ${ADDRESS.toLowerCase()} `, null],
])('the address %s is at fault: %s', (typed, fault) => {
  expect(addressFault(typed)).toBe(fault)
})

test('an address is the same however it is written, and nothing is the same as nothing', () => {
  expect(isSameAddress(ADDRESS, ADDRESS.toLowerCase())).toBe(true)
  expect(isSameAddress(ADDRESS, null)).toBe(false)
  expect(isSameAddress(null, null)).toBe(false)
})

test.each([
  [`grid_${'a'.repeat(32)}`, true],
  [` grid_${'a-_9'.repeat(8)}\n`, true],
  ['grid_', false],
  ['sk-1234567890abcdef', false],
  [`grid_${'a'.repeat(31)} b`, false],
])('%s looks like a key: %s', (typed, expected) => {
  expect(looksLikeKey(typed)).toBe(expected)
})
