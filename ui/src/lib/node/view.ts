import type { Status } from '../backend/backend'
import { isolated } from '../format/foreign'
import { percent } from '../format/numbers'
import { type Key, t } from '../messages/t'

import type { Mood } from '../shared/mood'

/** What the one main button does, if there is one. */
export type MainAction = 'pause' | 'resume' | 'start' | 'again' | null

/** The state of the node in words. */
export interface StateView {
  mood: Mood
  sentence: string
  detail: string
  action: MainAction
}

/** The kind of state; the names of its texts. */
export type StateName = Status['phase']['kind'] | 'offline' | 'no-answer'

/** Which state to show. The lost Grid is a state of its own; other problems stand in their own card. */
export function stateName(status: Status | null, answers: boolean): StateName {
  if (!answers) return 'no-answer'
  if (status === null) return 'starting'
  // The owner's own choice is shown as such, whatever else is wrong.
  if (status.phase.kind === 'paused') return 'paused'
  return status.code === 'grid-unreachable' ? 'offline' : status.phase.kind
}

/** The colour and sign of each state. */
export const MOODS: Record<StateName, Mood> = {
  starting: 'busy',
  'loading-model': 'busy',
  'self-test': 'busy',
  connecting: 'busy',
  waiting: 'good',
  working: 'good',
  finishing: 'good',
  paused: 'quiet',
  resting: 'warning',
  quarantined: 'warning',
  offline: 'warning',
  'needs-attention': 'bad',
  'no-answer': 'bad',
}

const ACTIONS: Record<StateName, MainAction> = {
  starting: null,
  'loading-model': 'pause',
  'self-test': 'pause',
  connecting: 'pause',
  waiting: 'pause',
  working: 'pause',
  finishing: 'resume',
  paused: 'resume',
  resting: 'pause',
  quarantined: 'pause',
  offline: 'pause',
  'needs-attention': 'start',
  'no-answer': 'again',
}

/** The state of the node in words. */
export function stateView(status: Status | null, answers: boolean): StateView {
  const name = stateName(status, answers)
  const phase = status?.phase
  const values = {
    model: status?.model ? isolated(status.model) : t('device.model'),
    percent: phase?.kind === 'loading-model' ? percent(phase.percent) : '',
  }
  const sentence: Key = `state.${name}`
  const detail: Key = `state.${name}.detail`
  return { mood: MOODS[name], sentence: t(sentence, values), detail: t(detail, values), action: ACTIONS[name] }
}

/** Whether a job sent now would be taken. */
export function takesJobs(status: Status | null, answers: boolean): boolean {
  return ['waiting', 'working'].includes(stateName(status, answers))
}
