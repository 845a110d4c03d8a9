import { language, locale } from './locale'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A past moment as people say it: relative under a day, else the local date and time. In milliseconds since 1970. */
export function ago(moment: number, now: number): string {
  const age = Math.max(0, now - moment)
  if (age < MINUTE) return relative().format(0, 'second')
  return age < DAY ? relative().format(...counted(age, -1)) : exact(moment)
}

/** How old something is, to the second while it is young. */
export function age(moment: number, now: number): string {
  const seconds = Math.floor(Math.max(0, now - moment) / SECOND)
  return seconds < 60 ? relative().format(-seconds, 'second') : ago(moment, now)
}

/** A coming moment as people say it: relative under a day, else the local date and time. */
export function until(moment: number, now: number): string {
  const left = Math.max(0, moment - now)
  if (left < MINUTE) return relative().format(0, 'minute')
  return left < DAY ? relative().format(...counted(left, 1)) : exact(moment)
}

/** The local date and time, for a title or a distant moment. */
export function exact(moment: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(moment)
}

/** The local day of this moment, for an axis or a list. */
export function dayOf(moment: number): string {
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short' }).format(moment)
}

/** The hour that begins at this moment, with its day. */
export function hourOf(moment: number): string {
  const form = new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' })
  return form.formatRange(moment, moment + HOUR)
}

/** When the local day of this moment began. */
export function midnightOf(moment: number): number {
  return new Date(moment).setHours(0, 0, 0, 0)
}

/** How long something took. Tenths below ten seconds, because there a whole number would hide all of it. */
export function took(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / SECOND
  if (seconds < 10) return unit(Math.floor(seconds * 10) / 10, 'second', 'short')
  return seconds < 60 ? unit(Math.floor(seconds), 'second', 'short') : unit(Math.floor(seconds / 60), 'minute', 'short')
}

/** How long something lasts, in the largest unit that says it whole: "7 days". */
export function lasting(seconds: number): string {
  const sizes: [Unit, number][] = [
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
  ]
  const fits = sizes.find(([, size]) => seconds > 0 && (seconds * SECOND) % size === 0)
  return fits === undefined ? unit(seconds, 'second', 'long') : unit((seconds * SECOND) / fits[1], fits[0], 'long')
}

type Unit = 'day' | 'hour' | 'minute' | 'second'

function unit(count: number, name: Unit, display: 'long' | 'short'): string {
  return new Intl.NumberFormat(language(), { style: 'unit', unit: name, unitDisplay: display }).format(count)
}

function counted(span: number, sign: 1 | -1): [number, Unit] {
  return span >= HOUR ? [sign * Math.floor(span / HOUR), 'hour'] : [sign * Math.floor(span / MINUTE), 'minute']
}

function relative(): Intl.RelativeTimeFormat {
  return new Intl.RelativeTimeFormat(language(), { numeric: 'auto', style: 'short' })
}
