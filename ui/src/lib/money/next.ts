import type { Wallet } from '../backend/backend'
import { money } from '../format/amount'
import { t } from '../messages/t'
import { needsOwner, outcomeOf, stageWords } from './action'

/** The one thing the owner might do next about money; nothing most of the time. */
export type Next = 'go-on' | 'look' | 'bond' | null

/** The one thing the owner might do next about money. What did not go as planned comes before anything new. */
export function nextOf(wallet: Wallet | null): Next {
  const action = wallet?.action ?? null
  if (action !== null && needsOwner(action)) return action.stage === 'interrupted' ? 'go-on' : 'look'
  if (action?.stage === 'asking' || action?.stage === 'carrying') return null
  const free = wallet?.offers.some(({ wish, obstacle }) => wish === 'bond' && obstacle === null)
  return free && wallet?.seen?.bond.kind === 'none' ? 'bond' : null
}

/** Why the owner might do that, in words. */
export function nextWords(next: NonNullable<Next>, { action, seen, practice }: Wallet): string {
  if (next === 'bond') {
    const amount = money(seen?.aipg ?? '0', 'aipg')
    return t(practice ? 'next.bond.words.practice' : 'next.bond.words', { amount })
  }
  if (action === null || outcomeOf(action) === null) return t('next.go-on.words')
  return stageWords(action).words.join(' ')
}
