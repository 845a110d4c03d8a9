import type { Bond, Seen } from '../backend/backend'
import { exactMoney, isZero, money } from '../format/amount'
import { exact } from '../format/time'
import { t } from '../messages/t'
import type { Mood } from '../shared/mood'

/** How the bond stands, in words. */
export interface BondWords {
  mood: Mood
  title: string
  words: string
}

const MOODS: Record<Bond['kind'], Mood> = {
  none: 'empty',
  bonded: 'good',
  'cooling-down': 'busy',
  withdrawable: 'good',
  slashed: 'bad',
  locked: 'bad',
  unclear: 'warning',
}

/** How the bond stands, in words. */
export function bondWords(seen: Seen | null): BondWords {
  if (seen === null) return { mood: 'empty', title: t('bond.unread'), words: t('bond.unread.words') }
  const { bond } = seen
  const values = {
    amount: 'amount' in bond ? exactMoney(bond.amount, 'aipg') : '',
    moment: bond.kind === 'cooling-down' ? exact(bond.until) : '',
  }
  const name = nameOf(bond)
  return { mood: MOODS[bond.kind], title: t(`bond.${name}`, values), words: t(`bond.${name}.words`, values) }
}

/** What the contract enforces, in words; nothing while that is not known. */
export function leastBond(seen: Seen | null): string | null {
  const least = seen?.minimum ?? null
  if (least === null) return null
  return isZero(least) ? t('bond.least.none') : t('bond.least', { amount: exactMoney(least, 'aipg') })
}

/** What the Grid's contract holds, as an exact decimal; nothing while that is not known. */
export function heldBy(seen: Seen | null): string | null {
  if (seen === null || seen.bond.kind === 'unclear') return null
  return 'amount' in seen.bond ? seen.bond.amount : '0'
}

/** The few words at the foot of the rail; nothing while there is nothing sure to say. */
export function bondLine(seen: Seen | null): string | null {
  if (seen?.bond.kind === 'bonded') return t('nav.bonded', { amount: money(seen.bond.amount, 'aipg') })
  if (seen?.bond.kind === 'cooling-down') return t('nav.unbonding')
  return seen?.bond.kind === 'none' ? t('nav.not-bonded') : null
}

/** A contract that holds nothing says so in other words than one that holds something. */
function nameOf(bond: Bond): Bond['kind'] | 'empty' | 'barred' {
  if (bond.kind === 'bonded' && isZero(bond.amount)) return 'empty'
  return bond.kind === 'locked' && isZero(bond.amount) ? 'barred' : bond.kind
}
