import { expect, test } from 'vitest'
import type { Status } from '../backend/backend'
import { aStatus, EVERY_PHASE } from '../backend/samples'
import { stateName, stateView } from './view'

test('every phase has words and none is left with a placeholder', () => {
  const sentences = Object.values(EVERY_PHASE).map((phase) => {
    const view = stateView(aStatus({ phase }), true)
    expect(view.sentence + view.detail).not.toMatch(/[{}]/)
    return view.sentence
  })
  expect(new Set(sentences).size, 'each phase must be told apart in words').toBe(sentences.length)
})

test.each<[string, Partial<Status>, boolean, string]>([
  ['all is well', {}, true, 'waiting'],
  ['the Grid is away', { phase: { kind: 'resting' }, code: 'grid-unreachable' }, true, 'offline'],
  ['a problem for the owner', { phase: { kind: 'needs-attention' }, code: 'disk-full' }, true, 'needs-attention'],
  ['a problem that passes', { phase: { kind: 'resting' }, code: 'suspended' }, true, 'resting'],
  ['paused while the Grid is away', { phase: { kind: 'paused' }, code: 'grid-unreachable' }, true, 'paused'],
  ['no answer beats all', { code: 'disk-full' }, false, 'no-answer'],
])('%s', (_what, part, answers, expected) => {
  expect(stateName(aStatus(part), answers)).toBe(expected)
})

test('before the first status the node is starting', () => {
  expect(stateName(null, true)).toBe('starting')
})

test("a model's name in a sentence cannot turn the sentence around", () => {
  const { detail } = stateView(aStatus({ model: 'abc\u202edef' }), true)
  expect(detail).not.toContain('\u202e')
  expect(detail).toContain('\u2068abc')
})
