import { t } from '../messages/t'
import { locale } from './locale'

/** A whole number, written as amounts are. */
export function whole(count: number): string {
  return decimal(String(count))
}

/** A measured number: one decimal below ten, none above. Never for money. */
export function measured(value: number): string {
  const size = value < 10 ? 10 : 1
  return decimal(String(Math.round(value * size) / size))
}

/** A part of a hundred, without decimals. */
export function percent(hundredths: number): string {
  return new Intl.NumberFormat(locale(), { style: 'percent' }).format(hundredths / 100)
}

/**
 * An exact decimal text with the signs of the message file, as the system's own dialog and the tray write it:
 * an amount that reads differently at the moment of the yes would look like another amount.
 * It never passes through a floating-point number, because sums must agree to the last digit.
 */
export function decimal(text: string): string {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) return text
  const [, before = '0', after] = match
  const grouped = before.replace(/\B(?=(?:\d{3})+$)/g, () => t('number.group'))
  return after === undefined ? grouped : grouped + t('number.point') + after
}
