import type { Action, StepLine, StepState, Wallet } from '../backend/backend'
import { exactMoney } from '../format/amount'
import { whole } from '../format/numbers'
import { find, t } from '../messages/t'
import type { Mood } from '../shared/mood'
import { obstacleWords } from './obstacle'

/** A transaction of a plan, in words. */
export interface StepWords {
  place: string
  words: string
  state: string
  mood: Mood
  hash: string | null
}

const MOODS: Record<StepState, Mood> = {
  open: 'empty',
  preparing: 'busy',
  sent: 'busy',
  seen: 'busy',
  safe: 'good',
  final: 'good',
  failed: 'bad',
}

/** Outcomes after which nothing is wrong. */
const GOOD = ['done', 'already-so', 'given-up', 'declined']

/** Outcomes that leave something for the owner to look at. */
const UNPLANNED = ['reverted', 'unexpected', 'stopped']

/** The transactions of a plan, in words. */
export function stepsOf(action: Action): StepWords[] {
  const { steps, amount } = action
  const sum = amount === null ? t('amount.bond') : exactMoney(amount, 'aipg')
  const odd = action.outcome === 'unexpected' ? lastBegun(action) : -1
  return steps.map(({ step, state, hash }, index) => ({
    place: t('step.of', { number: whole(index + 1), all: whole(steps.length) }),
    words: t(`step.${step}`, { amount: sum }),
    state: t(`step.state.${state}`),
    // It is in a block for good, and what it did there is not what was planned.
    mood: index === odd ? 'warning' : MOODS[state],
    hash,
  }))
}

/** What came of a plan or why it rests; nothing while it goes on. */
export function outcomeOf(action: Action): { mood: Mood; words: string[] } | null {
  const { outcome, obstacle, wish, stage } = action
  if (outcome === null) return null
  const words = [find(outcomeName(action)) ?? t('outcome.unknown')]
  if (obstacle !== null) {
    const inTheWay = obstacleWords(obstacle, wish)
    words.push(inTheWay.words, inTheWay.fix)
  }
  if (stage === 'interrupted') words.push(t('stage.interrupted.words'))
  return { mood: GOOD.includes(outcome) ? 'good' : 'bad', words }
}

/** Where a plan is, in words, with what the owner may expect. */
export function stageWords(action: Action): { title: string; words: string[] } {
  const { stage, steps } = action
  const name = stage === 'asking' && steps.length === 0 ? 'preparing' : stage
  const words = outcomeOf(action)?.words
  return { title: t(`stage.${name}`), words: words ?? (name === 'ended' ? [] : [t(`stage.${name}.words`)]) }
}

/** Whether a plan waits for the owner, or ended otherwise than planned: then he is told of it elsewhere too. */
export function needsOwner({ stage, outcome }: Action): boolean {
  return stage === 'interrupted' || (stage === 'ended' && outcome !== null && UNPLANNED.includes(outcome))
}

/** What a screen reader is told of a plan, politely. What went wrong is said by the alarm, and only there. */
export function progressOf(action: Action | null): string {
  if (action === null) return ''
  const outcome = outcomeOf(action)
  if (outcome !== null) return outcome.mood === 'bad' ? '' : outcome.words.join(' ')
  const at = lastBegun(action)
  const line = action.steps[at]
  if (action.stage === 'carrying' && line) return stepSentence(line, at, action.steps.length)
  return action.stage === 'ended' ? '' : stageWords(action).title
}

/** What a screen reader is told at once: money that did not do what was asked. */
export function alarmOf(action: Action | null): string {
  const outcome = action === null ? null : outcomeOf(action)
  return outcome?.mood === 'bad' ? outcome.words.join(' ') : ''
}

/** Whether the owner or the chain is at it, or it waits for the owner: then nothing else is offered. */
export function isOpen(wallet: Wallet): boolean {
  return wallet.action !== null && wallet.action.stage !== 'ended'
}

/** A yes that was refused after something was signed takes nothing back. */
function outcomeName({ outcome, steps }: Action): string {
  const isLate = outcome === 'declined' && steps.some(({ hash }) => hash !== null)
  return isLate ? 'outcome.declined.later' : `outcome.${outcome}`
}

function lastBegun({ steps }: Action): number {
  return steps.findLastIndex(({ state }) => state !== 'open')
}

function stepSentence({ state }: StepLine, at: number, all: number): string {
  return t('step.announce', { number: whole(at + 1), all: whole(all), state: t(`step.state.${state}`) })
}
