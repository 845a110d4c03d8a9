import { expect, test } from 'vitest'
import { aWallet } from '../backend/samples'
import { ends, groupsOf } from './groups'

const { address } = aWallet()

test('an address is its 0x and ten groups of four', () => {
  const groups = groupsOf(address)
  expect(groups).toHaveLength(11)
  expect(groups[0]).toBe('0x')
  expect(groups.slice(1).every((group) => group.length === 4)).toBe(true)
})

test('the groups are the whole address and nothing more', () => {
  expect(groupsOf(address).join('')).toBe(address)
})

test('a long name is shown by its ends, and a short one whole', () => {
  expect(ends(`0x${'ab'.repeat(32)}`)).toBe('0xababab\u2026ababab')
  expect(ends('0xabcdef')).toBe('0xabcdef')
})
