import { locale } from './locale'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A moment as people say it: relative under a day, else the local date and time. Both in milliseconds since 1970. */
export function ago(moment: number, now: number): string {
  const age = Math.max(0, now - moment)
  if (age >= DAY) return exact(moment)
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto', style: 'short' })
  if (age >= HOUR) return relative.format(-Math.floor(age / HOUR), 'hour')
  if (age >= MINUTE) return relative.format(-Math.floor(age / MINUTE), 'minute')
  return relative.format(0, 'second')
}

/** The local date and time, for a title or an older moment. */
export function exact(moment: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(moment)
}
