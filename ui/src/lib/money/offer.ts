import type { Offer, Owner, Wish } from '../backend/backend'
import { exactMoney } from '../format/amount'
import { lasting } from '../format/time'
import { type Key, plural, t } from '../messages/t'
import { holderWords } from './holder'

/** The sentences of a plan with what they answer. */
export interface Answer {
  question: string
  words: string[]
}

/** What the button of a wish says: the act and the amount. */
export function wishLabel(wish: Wish | null, amount: string | null, slow = false): string {
  if (wish === null) return t('wish.unnamed')
  if (wish === 'cancel-unbond' || wish === 'revoke') return t(`wish.${wish}`)
  if (wish === 'unbond' && slow) return t('wish.unbond.slow')
  return amount === null ? t(`wish.${wish}.plain`) : t(`wish.${wish}`, { amount: exactMoney(amount, 'aipg') })
}

/** What stands over a plan, beside its button. */
export function offerTitle(offer: Offer): string {
  return t(isSlowUnbond(offer) ? 'offer.unbond.slow' : `offer.${offer.wish}`)
}

/** What one click does, in the answers that stand before every signature. */
export function planOf(offer: Offer, owner: Owner | null): Answer[] {
  const values = { amount: offer.amount === null ? t('amount.bond') : exactMoney(offer.amount, 'aipg') }
  const stem = isSlowUnbond(offer) ? 'plan.unbond.slow' : (`plan.${offer.wish}` as const)
  const say = (question: Key, ...words: string[]): Answer => ({ question: t(question), words })
  const holder = offer.wish === 'bond' ? [say('plan.holder', ...holderWords(offer, owner))] : []
  return [
    say('plan.does', does(offer, values)),
    say('plan.cannot', givesPermission(offer) ? t(`${stem}.cannot`, values) : t('plan.bond.cannot.allowed')),
    say('plan.cost', costOf(offer)),
    say('plan.where', t(`${stem}.where`)),
    ...holder,
    say('plan.undo', t(`${stem}.undo`)),
  ]
}

function isSlowUnbond({ wish, slow }: Offer): boolean {
  return wish === 'unbond' && slow
}

/** Only a bond with a permission of its own says how far that one reaches; other wishes have one answer. */
function givesPermission({ wish, steps }: Offer): boolean {
  // Without its steps the plan is not known yet, and the longer way is the usual one.
  return wish !== 'bond' || steps.length === 0 || steps.includes('approve')
}

function does(offer: Offer, values: Record<string, string>): string {
  if (isSlowUnbond(offer)) return slowly(offer, values)
  if (offer.wish !== 'bond') return t(`plan.${offer.wish}.does`, values)
  const count = offer.steps.length || 2
  return plural('plan.bond.does', count, { ...values, count: String(count) })
}

function slowly({ cooldownSeconds }: Offer, values: Record<string, string>): string {
  if (cooldownSeconds === null) return t('plan.unbond.slow.does.unknown', values)
  return t('plan.unbond.slow.does', { ...values, cooldown: lasting(cooldownSeconds) })
}

function costOf({ feeLimit }: Offer): string {
  return feeLimit === null ? t('plan.fee.unknown') : t('plan.fee', { fee: exactMoney(feeLimit, 'eth') })
}
