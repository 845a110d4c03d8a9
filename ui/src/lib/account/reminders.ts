import type { Account, Permission } from '../backend/backend'

const DAY = 86_400_000
/** Days before its end at which a permission is worth a word. */
const SOON = 14
/** From then on it is urgent. */
const URGENT = 3

/** Something about the account that wants the owner, without haste. */
export type Reminder =
  | { kind: 'no-payout-wallet' }
  | { kind: 'permission-ending'; workerName: string; days: number }
  | { kind: 'permission-ended'; workerName: string }
  | { kind: 'permission-void'; workerName: string }
  | { kind: 'key-refused' }

/** How a permission stands. */
export type PermissionState = 'good' | 'ending' | 'urgent' | 'ended' | 'void'

/** How a permission stands at this moment. */
export function permissionState({ until, holds }: Permission, now: number): PermissionState {
  if (!holds) return 'void'
  if (until <= now) return 'ended'
  const days = daysLeft(until, now)
  if (days > SOON) return 'good'
  return days > URGENT ? 'ending' : 'urgent'
}

/** Whole days until then. */
export function daysLeft(until: number, now: number): number {
  return Math.max(0, Math.floor((until - now) / DAY))
}

/** All that wants the owner, the gravest first. */
export function remindersOf(account: Account | null, now: number): Reminder[] {
  if (account === null) return []
  const reminders: Reminder[] = []
  if (account.trouble === 'key-refused') reminders.push({ kind: 'key-refused' })
  // A page that was never read says nothing of who is paid.
  if (account.page !== null && account.page.payoutWallet === null) reminders.push({ kind: 'no-payout-wallet' })
  const [first] = [...account.permissions].sort((one, other) => Number(one.holds) - Number(other.holds) || one.until - other.until)
  if (first !== undefined) reminders.push(...permissionReminder(first, now))
  return reminders
}

/** The first to end speaks for all: they are renewed together. */
function permissionReminder(permission: Permission, now: number): Reminder[] {
  const { workerName, until } = permission
  const state = permissionState(permission, now)
  if (state === 'good') return []
  if (state === 'ended' || state === 'void') return [{ kind: `permission-${state}`, workerName }]
  return [{ kind: 'permission-ending', workerName, days: daysLeft(until, now) }]
}
