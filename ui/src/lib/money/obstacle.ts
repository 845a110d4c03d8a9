import type { Obstacle, Wish } from '../backend/backend'
import { exactMoney, type Token } from '../format/amount'
import { exact } from '../format/time'
import { find, t } from '../messages/t'

/** A button of the page that helps. */
export type Fix = 'practice-money' | 'skip-cooldown'

/** What stands in the way, in words. */
export interface ObstacleWords {
  words: string
  fix: string
}

/** The words for an obstacle before this wish. One this screen does not know gets general words. */
export function obstacleWords({ kind, amount, until }: Obstacle, wish: Wish | null): ObstacleWords {
  const name = `obstacle.${kind}`
  const fix = find(`${name}.fix.${wish}`) ?? find(`${name}.fix`)
  // Whatever stands in the way has a text that helps; another text of the same beginning is no obstacle.
  if (fix === undefined) return { words: t('obstacle.unknown'), fix: t('obstacle.unknown.fix') }
  const token: Token = kind === 'not-enough-eth' ? 'eth' : 'aipg'
  const values = {
    // To the last digit: who sends the shortened amount would still be short.
    amount: amount === null ? t('amount.unknown') : exactMoney(amount, token),
    until: until === null ? t('amount.unknown') : exact(until),
  }
  return { words: find(name, values) ?? t('obstacle.unknown'), fix }
}

/** The button that helps, if one does. Play money and a clock that can be set exist in practice only. */
export function fixFor({ kind }: Obstacle, practice: boolean): Fix | null {
  if (practice && isShort(kind)) return 'practice-money'
  return practice && kind === 'cooling-down' ? 'skip-cooldown' : null
}

function isShort(kind: string): boolean {
  return kind === 'not-enough-aipg' || kind === 'not-enough-eth'
}
