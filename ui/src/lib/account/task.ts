import type { AccountTask } from '../backend/backend'
import { type Key, t } from '../messages/t'
import type { Mood } from '../shared/mood'

/** What is being done with the account, in words. */
export interface TaskView {
  mood: Mood
  title: string
  words: string
}

/** What is being done, or how the last thing ended. */
export function taskView({ act, outcome }: AccountTask): TaskView {
  const title = t(`account.act.${act}`)
  if (outcome === null) return { mood: 'busy', title, words: t(isAsked(act) ? 'account.asking' : 'account.doing') }
  const done: Key = `account.done.${act}`
  const other: Key = `account.outcome.${outcome === 'done' ? 'not-seen' : outcome}`
  const mood = outcome === 'done' ? 'good' : outcome === 'declined' ? 'quiet' : 'warning'
  return { mood, title, words: t(outcome === 'done' ? done : other) }
}

/** Whether the system's own dialog asks before anything happens. */
function isAsked(act: AccountTask['act']): boolean {
  return act !== 'keep-key'
}
