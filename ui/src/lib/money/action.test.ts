import { expect, test } from 'vitest'
import type { StepState } from '../backend/backend'
import { anAction, aWallet } from '../backend/samples'
import { alarmOf, isOpen, needsOwner, outcomeOf, progressOf, stageWords, stepsOf } from './action'

const OUTCOMES = [
  ...['done', 'already-so', 'reverted', 'unexpected', 'stopped', 'given-up', 'declined', 'busy', 'on-its-way'],
  ...['unreachable', 'wrong-node', 'stuck', 'not-safe-yet', 'behind', 'no-journal', 'no-answer', 'unknown'],
]
const STATES: StepState[] = ['open', 'preparing', 'sent', 'seen', 'safe', 'final', 'failed']

test('every outcome has words of its own', () => {
  const words = OUTCOMES.map((outcome) => outcomeOf(anAction({ outcome }))?.words[0])
  expect(words.every((text) => text !== undefined && text.length > 20)).toBe(true)
  expect(new Set(words).size).toBe(OUTCOMES.length)
})

test('an outcome of tomorrow is not told as good', () => {
  expect(outcomeOf(anAction({ outcome: 'of-tomorrow' }))?.mood).toBe('bad')
})

test('what stood in the way is told with the outcome', () => {
  const obstacle = { kind: 'grid-paused', amount: null, until: null }
  const words = outcomeOf(anAction({ outcome: 'stopped', obstacle }))?.words.join(' ')
  expect(words).toContain('is paused')
  expect(words, 'and what helps').toContain('Only the Grid can end the pause.')
})

test('every step says its place, what it moves and how far it is', () => {
  const [approve, register] = stepsOf(anAction())
  expect(approve).toMatchObject({ place: '1 of 2', state: 'Safe: one may rely on it' })
  expect(approve?.words).toBe("Allow the Grid's contract to take exactly 1,000\u00a0AIPG")
  expect(register).toMatchObject({ place: '2 of 2', words: 'Put up 1,000\u00a0AIPG', state: 'Sent' })
})

test('every state of a step has words of its own', () => {
  const words = STATES.map((state) => stepsOf(anAction({ steps: [{ step: 'register', state, hash: null }] }))[0]?.state)
  expect(new Set(words).size).toBe(STATES.length)
})

test('a no after something was signed takes nothing back', () => {
  const later = outcomeOf(anAction({ outcome: 'declined' }))?.words
  expect(later).toEqual(['It was not confirmed, so nothing more was signed.'])
  const steps = anAction().steps.map((line) => ({ ...line, hash: null }))
  expect(outcomeOf(anAction({ outcome: 'declined', steps }))?.words).toEqual(['It was not confirmed, so nothing was signed.'])
})

test('what did something else than planned is not shown as good', () => {
  const steps = anAction().steps.map((line) => ({ ...line, state: 'final' as const }))
  const moods = (outcome: string): string[] => stepsOf(anAction({ steps, outcome })).map(({ mood }) => mood)
  expect(moods('unexpected')).toEqual(['good', 'warning'])
  expect(moods('done')).toEqual(['good', 'good'])
})

test('only what rests can be gone on with', () => {
  for (const outcome of OUTCOMES) {
    const wordsAt = (stage: 'interrupted' | 'ended'): string => outcomeOf(anAction({ stage, outcome }))?.words.join(' ') ?? ''
    expect(wordsAt('interrupted'), outcome).toMatch(/gone on with\.$/)
    expect(wordsAt('ended'), outcome).not.toContain('gone on with')
  }
  expect(stageWords(anAction({ stage: 'interrupted' })).words, 'also after a restart').toEqual(['It can be gone on with.'])
})

test('before there is a plan nobody is sent to a window that is not open yet', () => {
  expect(stageWords(anAction({ stage: 'asking', steps: [] })).title).toBe('Being prepared')
  expect(stageWords(anAction({ stage: 'asking' })).title).toBe('Confirm in the window that opened')
})

test.each([
  ['ended', 'reverted', true],
  ['ended', 'unexpected', true],
  ['ended', 'stopped', true],
  ['ended', 'done', false],
  ['ended', 'declined', false],
  ['interrupted', null, true],
  ['carrying', null, false],
] as const)('a plan that is %s with %s needs its owner: %s', (stage, outcome, needed) => {
  expect(needsOwner(anAction({ stage, outcome }))).toBe(needed)
})

test('the step that is under way is told, and nothing when there is no plan', () => {
  expect(progressOf(null)).toBe('')
  expect(progressOf(anAction())).toBe('Step 2 of 2: Sent')
  expect(progressOf(anAction({ stage: 'asking' }))).toBe('Confirm in the window that opened')
  expect(progressOf(anAction({ stage: 'asking', steps: [] }))).toBe('Being prepared')
  expect(progressOf(anAction({ steps: [] }))).toBe('Being carried out')
})

test('an end is told by its words, and what went wrong is told by the alarm alone', () => {
  expect(progressOf(anAction({ stage: 'ended', outcome: 'done' }))).toBe('Done. How your bond stands now is written above.')
  expect(progressOf(anAction({ stage: 'ended', outcome: 'reverted' }))).toBe('')
  expect(progressOf(anAction({ stage: 'interrupted', outcome: 'stuck' }))).toBe('')
})

test('only money that did not do what was asked sounds the alarm', () => {
  expect(alarmOf(null)).toBe('')
  expect(alarmOf(anAction())).toBe('')
  for (const outcome of ['done', 'declined', 'given-up']) expect(alarmOf(anAction({ outcome })), outcome).toBe('')
  expect(alarmOf(anAction({ outcome: 'reverted' }))).toContain('The contract refused it')
})

test.each([
  ['asking', true],
  ['carrying', true],
  ['interrupted', true],
  ['ended', false],
] as const)('a plan that is %s is open: %s', (stage, open) => {
  expect(isOpen(aWallet({ action: anAction({ stage }) }))).toBe(open)
})
