import type { Books, BooksVerdict, Cause, CouldEarn, Standing } from '../backend/backend'
import { harmless } from '../format/foreign'
import { decimal, percent, whole } from '../format/numbers'
import { find, plural, t } from '../messages/t'
import { problemOf } from '../node/problem'
import type { Mood } from '../shared/mood'

const STANDING_MOODS: Record<Standing, Mood> = {
  paid: 'good',
  'said-to-be-paid': 'busy',
  sending: 'busy',
  retrying: 'warning',
  owed: 'warning',
  'under-review': 'warning',
  held: 'bad',
  unknown: 'quiet',
}

/** The colour and sign of a payout. */
export function standingMood(standing: Standing): Mood {
  return STANDING_MOODS[standing]
}

/** How two sums compare, in a sentence. */
export function bookWords(verdict: BooksVerdict): string {
  return t(`books.${verdict.kind}`, { by: 'by' in verdict ? decimal(verdict.by) : '' })
}

/** Whether nothing in the books wants to be looked at. */
export function booksAgree({ lines }: Books): boolean {
  return lines.every(({ verdict }) => verdict.kind === 'agree')
}

/** One cause in words: what it is, what is normal about it, and what helps. */
export interface CauseView {
  title: string
  words: string
  fix: string
}

/** A cause in words. One of tomorrow's is told as such and not by its name alone. */
export function causeView({ kind, fix, code, figure }: Cause): CauseView {
  const figures = { figure: figure === null ? '' : decimal(harmless(figure)) }
  if (code !== null) {
    const problem = problemOf(code)
    return { title: problem.title, words: problem.cause, fix: problem.action }
  }
  return {
    title: find(`cause.${kind}`, figures) ?? t('cause.unknown'),
    words: find(`cause.${kind}.words`, figures) ?? t('cause.unknown.words'),
    fix: find(`fix.${fix}`) ?? t('fix.unknown'),
  }
}

/** How much a cause matters, in colour and sign. */
export function causeMood({ severity, normal }: Cause): Mood {
  if (normal) return 'quiet'
  return severity === 'stops' ? 'bad' : 'warning'
}

/** What an estimate is reckoned from, in sentences. */
export function basisOf(could: CouldEarn): string[] {
  const { measuredJobs, busyHours } = could
  const speed = { speed: decimal(could.tokensPerSecond), jobs: whole(measuredJobs ?? 0) }
  const busy = { low: percent(could.busyLow), high: percent(could.busyHigh), hours: whole(busyHours ?? 0) }
  return [
    t('could.work', { low: decimal(could.workLow), high: decimal(could.workHigh) }),
    measuredJobs === null ? t('could.benchmark', speed) : plural('could.jobs', measuredJobs, speed),
    busyHours === null ? t('could.assumed', busy) : plural('could.hours', busyHours, busy),
    ...(could.busyHigh > 100 ? [t('could.slots')] : []),
    ...(could.payouts === 0 ? [] : [plural('could.payouts', could.payouts, { count: whole(could.payouts) })]),
  ]
}
