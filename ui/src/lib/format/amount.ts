import { t } from '../messages/t'
import { decimal } from './numbers'

/** The tokens money comes in. */
export type Token = 'aipg' | 'eth'

const DECIMAL = /^(\d+)(?:\.(\d+))?$/
/** What is left of it after six decimals is dust. */
const DUST_DECIMALS = 6

/**
 * An amount as people read it: two decimals from a hundred on, four from a hundredth on, two digits below.
 * It is cut and never rounded up, and zeros at the end are left out, so a whole amount has no decimals.
 * It never passes through a floating-point number.
 */
export function short(amount: string): string {
  const match = DECIMAL.exec(amount)
  if (match === null) return amount
  const whole = (match[1] ?? '').replace(/^0+(?=\d)/, '')
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (whole === '0' && /^0{6}/.test(fraction.padEnd(DUST_DECIMALS, '0'))) {
    return fraction === '' ? '0' : t('number.dust', { least: decimal('0.000001') })
  }
  return decimal(joined(whole, fraction.slice(0, decimalsOf(whole, fraction))))
}

/** An amount to its last digit, for what is signed and for copying. Zeros at the end say nothing. */
export function exact(amount: string): string {
  const match = DECIMAL.exec(amount)
  if (match === null) return amount
  return decimal(joined((match[1] ?? '').replace(/^0+(?=\d)/, ''), match[2] ?? ''))
}

/** A short amount with its token. */
export function money(amount: string, token: Token): string {
  return t(`amount.${token}`, { amount: short(amount) })
}

/** An exact amount with its token. What is asked of the owner, or promised, is said with these. */
export function exactMoney(amount: string, token: Token): string {
  return t(`amount.${token}`, { amount: exact(amount) })
}

/** Whether it is nothing at all. What is no amount is not known to be nothing. */
export function isZero(amount: string): boolean {
  return /^0+(\.0+)?$/.test(amount)
}

function decimalsOf(whole: string, fraction: string): number {
  if (whole.length > 2) return 2
  const isSmall = whole === '0' && fraction.startsWith('00')
  return isSmall ? fraction.search(/[1-9]/) + 2 : 4
}

function joined(whole: string, fraction: string): string {
  const rest = fraction.replace(/0+$/, '')
  return rest === '' ? whole : `${whole}.${rest}`
}
