import type { Offer, Owner } from '../backend/backend'
import { lasting } from '../format/time'
import { t } from '../messages/t'

/** What an owner must know of the contract before it holds his bond. */
export function holderWords(offer: Offer, owner: Owner | null): string[] {
  return [
    t('plan.holder.held'),
    exitWords(offer),
    ownerWords(owner),
    t('plan.holder.power'),
    t('plan.holder.pot'),
    t('plan.holder.need'),
  ]
}

function exitWords({ slow, cooldownSeconds }: Offer): string {
  if (!slow) return t('plan.holder.exit')
  if (cooldownSeconds === null) return t('plan.holder.exit.slow.unknown')
  return t('plan.holder.exit.slow', { cooldown: lasting(cooldownSeconds) })
}

function ownerWords(owner: Owner | null): string {
  if (owner === null) return t('plan.holder.owner')
  const { address, plainKey } = owner
  if (plainKey === null) return t('plan.holder.owner.named', { address })
  return t(plainKey ? 'plan.holder.owner.key' : 'plan.holder.owner.contract', { address })
}
