import type { Day } from '../backend/backend'
import { isZero } from '../format/amount'

/** One bar of the chart, in parts of its height. */
export interface Bar {
  day: Day
  /** From 0 to 1. Only to be drawn: what is read and summed are the exact texts. */
  height: number
}

/** The least that a day with work is drawn as, so that it never looks like one without. */
const LEAST = 0.02

/** The bars of these days, the highest filling the chart. */
export function barsOf(days: Day[]): Bar[] {
  const most = Math.max(0, ...days.map(({ workUnits }) => Number(workUnits)))
  return days.map((day) => {
    const share = most === 0 ? 0 : Number(day.workUnits) / most
    return { day, height: share === 0 ? 0 : Math.max(share, LEAST) }
  })
}

/** The day with the most work; nothing if there was none at all. */
export function bestOf(days: Day[]): Day | null {
  const worked = days.filter(({ workUnits }) => !isZero(workUnits))
  return worked.reduce<Day | null>((best, day) => (best === null || Number(day.workUnits) > Number(best.workUnits) ? day : best), null)
}

/** How many of them had work. */
export function worked(days: Day[]): number {
  return days.filter(({ workUnits }) => !isZero(workUnits)).length
}
