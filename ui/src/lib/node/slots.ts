import type { Slot } from '../backend/backend'
import type { Mood } from '../shared/mood'
import { MOODS, type StateName } from './view'

/** The name of a connection's state; the lost Grid is a state of its own, as it is for the whole node. */
export function slotName({ phase, code }: Slot): StateName {
  return phase.kind !== 'paused' && code === 'grid-unreachable' ? 'offline' : phase.kind
}

/** Its colour and sign. */
export function slotMood(slot: Slot): Mood {
  return MOODS[slotName(slot)]
}
