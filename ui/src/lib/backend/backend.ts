import type { Blocked } from './generated/Blocked'
import type { Earnings } from './generated/Earnings'
import type { Failure } from './generated/Failure'
import type { Link } from './generated/Link'
import type { Settings } from './generated/Settings'
import type { Status } from './generated/Status'
import type { Theme } from './generated/Theme'
import type { Wallet } from './generated/Wallet'
import type { Wish } from './generated/Wish'

export type { Action } from './generated/Action'
export type { Blocked } from './generated/Blocked'
export type { Bond } from './generated/Bond'
export type { Earnings } from './generated/Earnings'
export type { Estimate } from './generated/Estimate'
export type { Failure } from './generated/Failure'
export type { JobLine } from './generated/JobLine'
export type { Link } from './generated/Link'
export type { Money } from './generated/Money'
export type { Obstacle } from './generated/Obstacle'
export type { Offer } from './generated/Offer'
export type { Owner } from './generated/Owner'
export type { Phase } from './generated/Phase'
export type { Seen } from './generated/Seen'
export type { Settings } from './generated/Settings'
export type { Status } from './generated/Status'
export type { Step } from './generated/Step'
export type { StepLine } from './generated/StepLine'
export type { StepState } from './generated/StepState'
export type { Theme } from './generated/Theme'
export type { Trouble } from './generated/Trouble'
export type { Wallet } from './generated/Wallet'
export type { Wish } from './generated/Wish'

/** What can change. */
export type Subject = 'status' | 'money' | 'settings'

/**
 * What the screen asks of the node. The app answers through Tauri; tests and the browser preview through a fake.
 * Reads give the truth now. Writes resolve when the node has heard, and an event follows when it is so.
 */
export interface Backend {
  status(): Promise<Status>
  /** Asks the node to take no more jobs. */
  pause(): Promise<void>
  /** Asks the node to take jobs again. */
  resume(): Promise<void>
  /** Sends one chat as a customer of the practice network would, and resolves with the answer. */
  sendPracticeJob(prompt: string): Promise<string>

  /** Nothing until the wallet is there, and where this machine has no chain. */
  wallet(): Promise<Wallet | null>
  /** Nothing until they were read once. */
  earnings(): Promise<Earnings | null>
  /** Has the chain and the account read anew. */
  lookAgain(): Promise<void>
  /** Begins a plan: the owner is asked in a dialog of the system, and events tell what becomes of it. */
  begin(wish: Wish): Promise<void>
  /** Goes on with what was interrupted. */
  goOn(): Promise<void>
  /** Gives up what was interrupted. */
  giveUp(): Promise<void>
  /** Practice only: fills the wallet with play money. */
  getPracticeMoney(): Promise<void>
  /** Practice only: moves the practice chain's clock over the cooldown. */
  skipCooldown(): Promise<void>

  settings(): Promise<Settings>
  setTheme(theme: Theme): Promise<void>
  /** Opens a page of ours in the browser. */
  openLink(link: Link): Promise<void>
  /** Ends the node and the app. */
  quit(): Promise<void>
  /** Tells what the page's own policy blocked. */
  reportBlocked(blocked: Blocked): Promise<void>

  /** Calls back when this is worth reading again. A lost call is harmless. Resolves with the way to stop. */
  onChanged(what: Subject, changed: () => void): Promise<() => void>
}

/** What a refused request says, whatever was thrown. */
export function failureOf(thrown: unknown): Failure {
  if (typeof thrown === 'object' && thrown !== null && 'detail' in thrown && typeof thrown.detail === 'string') {
    const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null
    return { code, detail: thrown.detail }
  }
  return { code: null, detail: thrown instanceof Error ? thrown.message : String(thrown) }
}
