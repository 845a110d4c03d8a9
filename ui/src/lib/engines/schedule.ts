import type { ScheduleLine, Weekday } from '../backend/backend'
import { language } from '../format/locale'
import { whole } from '../format/numbers'
import { plural, t } from '../messages/t'

/** The days in the order of the week. */
export const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** A Monday, to make names of days from. */
const MONDAY = Date.UTC(2024, 0, 1)
const DAY = 86_400_000

/** A day's name as people of this language write it. */
export function dayName(day: Weekday, width: 'long' | 'short'): string {
  const moment = MONDAY + WEEKDAYS.indexOf(day) * DAY
  return new Intl.DateTimeFormat(language(), { weekday: width, timeZone: 'UTC' }).format(moment)
}

/** A line of the hours in a sentence: "Mon, Tue, 08:00 to 18:00: off the Grid". */
export function lineWords({ days, from, to, slots }: ScheduleLine): string {
  const isEvery = days.length === 0 || days.length === WEEKDAYS.length
  const names = WEEKDAYS.filter((day) => days.includes(day)).map((day) => dayName(day, 'short'))
  const values = {
    days: isEvery ? t('schedule.every-day') : new Intl.ListFormat(language(), { style: 'short', type: 'unit' }).format(names),
    from: from === '' ? '00:00' : from,
    to: to === '' ? '24:00' : to,
  }
  return slots === 0 ? t('schedule.off', values) : plural('schedule.jobs', slots, { ...values, count: whole(slots) })
}
