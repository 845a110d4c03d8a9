import { locale } from './locale'

/** A whole number in the reader's way of writing. */
export function whole(count: number): string {
  return new Intl.NumberFormat(locale()).format(count)
}

/** A part of a hundred, without decimals. */
export function percent(hundredths: number): string {
  return new Intl.NumberFormat(locale(), { style: 'percent' }).format(hundredths / 100)
}

/**
 * An exact decimal text in the reader's way of writing.
 * It never passes through a floating-point number, because sums must agree to the last digit.
 */
export function decimal(text: string): string {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) return text
  const [, before = '0', after] = match
  const grouped = new Intl.NumberFormat(locale()).format(BigInt(before))
  return after === undefined ? grouped : grouped + point() + after
}

function point(): string {
  const parts = new Intl.NumberFormat(locale()).formatToParts(0.1)
  return parts.find((part) => part.type === 'decimal')?.value ?? '.'
}
