import type { Account } from './generated/Account'
import type { AccountWish } from './generated/AccountWish'
import type { Blocked } from './generated/Blocked'
import type { Coordinator } from './generated/Coordinator'
import type { Earnings } from './generated/Earnings'
import type { EngineWish } from './generated/EngineWish'
import type { Engines } from './generated/Engines'
import type { Failure } from './generated/Failure'
import type { History } from './generated/History'
import type { JobPage } from './generated/JobPage'
import type { Link } from './generated/Link'
import type { PayoutPage } from './generated/PayoutPage'
import type { Place } from './generated/Place'
import type { Rates } from './generated/Rates'
import type { Serving } from './generated/Serving'
import type { Settings } from './generated/Settings'
import type { Status } from './generated/Status'
import type { Theme } from './generated/Theme'
import type { Wallet } from './generated/Wallet'
import type { Wish } from './generated/Wish'

export type { Access } from './generated/Access'
export type { Account } from './generated/Account'
export type { AccountAct } from './generated/AccountAct'
export type { AccountOutcome } from './generated/AccountOutcome'
export type { AccountPage } from './generated/AccountPage'
export type { AccountTask } from './generated/AccountTask'
export type { AccountTrouble } from './generated/AccountTrouble'
export type { AccountWish } from './generated/AccountWish'
export type { AccountWorker } from './generated/AccountWorker'
export type { Action } from './generated/Action'
export type { ApiKey } from './generated/ApiKey'
export type { Blocked } from './generated/Blocked'
export type { Bond } from './generated/Bond'
export type { BookLine } from './generated/BookLine'
export type { Books } from './generated/Books'
export type { BooksVerdict } from './generated/BooksVerdict'
export type { Cause } from './generated/Cause'
export type { Coordinator } from './generated/Coordinator'
export type { CouldEarn } from './generated/CouldEarn'
export type { Day } from './generated/Day'
export type { Earnings } from './generated/Earnings'
export type { Engine } from './generated/Engine'
export type { EngineHealth } from './generated/EngineHealth'
export type { EngineSource } from './generated/EngineSource'
export type { EngineWish } from './generated/EngineWish'
export type { Engines } from './generated/Engines'
export type { Estimate } from './generated/Estimate'
export type { Failure } from './generated/Failure'
export type { Format } from './generated/Format'
export type { FoundServer } from './generated/FoundServer'
export type { History } from './generated/History'
export type { JobLine } from './generated/JobLine'
export type { JobPage } from './generated/JobPage'
export type { JobRecord } from './generated/JobRecord'
export type { KeyRole } from './generated/KeyRole'
export type { Link } from './generated/Link'
export type { ModelRate } from './generated/ModelRate'
export type { Money } from './generated/Money'
export type { Obstacle } from './generated/Obstacle'
export type { Offer } from './generated/Offer'
export type { OpenHour } from './generated/OpenHour'
export type { Owner } from './generated/Owner'
export type { Payday } from './generated/Payday'
export type { PayoutPage } from './generated/PayoutPage'
export type { PayoutRecord } from './generated/PayoutRecord'
export type { Permission } from './generated/Permission'
export type { Phase } from './generated/Phase'
export type { Place } from './generated/Place'
export type { Program } from './generated/Program'
export type { Rates } from './generated/Rates'
export type { ScheduleLine } from './generated/ScheduleLine'
export type { Seen } from './generated/Seen'
export type { ServerFault } from './generated/ServerFault'
export type { Serving } from './generated/Serving'
export type { Settings } from './generated/Settings'
export type { Severity } from './generated/Severity'
export type { Slot } from './generated/Slot'
export type { Standing } from './generated/Standing'
export type { Status } from './generated/Status'
export type { Step } from './generated/Step'
export type { StepLine } from './generated/StepLine'
export type { StepState } from './generated/StepState'
export type { Theme } from './generated/Theme'
export type { TooSmall } from './generated/TooSmall'
export type { Trouble } from './generated/Trouble'
export type { Wallet } from './generated/Wallet'
export type { Weekday } from './generated/Weekday'
export type { Wish } from './generated/Wish'

/** What can change. */
export type Subject = 'status' | 'money' | 'settings' | 'account' | 'history' | 'engines'

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

  /** Nothing until there is an account to speak of. */
  account(): Promise<Account | null>
  /** Has the account read anew. */
  lookAtAccount(): Promise<void>
  /** Begins something with the account: the owner is asked in a dialog of the system. */
  manageAccount(wish: AccountWish): Promise<void>
  /** Gives a key that the owner pasted. It goes this one way and is never given back. */
  keepKey(key: string): Promise<void>

  /** Nothing until it was read once. */
  history(): Promise<History | null>
  /** A piece of the jobs, from behind the one that was named last. */
  jobs(before: number | null): Promise<JobPage>
  /** A piece of the payouts, from behind the place that was named last. */
  payouts(after: number | null): Promise<PayoutPage>
  /** Nothing until they were read once. */
  rates(): Promise<Rates | null>
  /** Has all of the Grid's figures read anew. */
  lookAtRates(): Promise<void>
  /** Writes all jobs into a file that the owner names in a dialog of the system. */
  saveJobs(): Promise<void>
  /** The same for all payouts. */
  savePayouts(): Promise<void>

  engines(): Promise<Engines>
  /** Looks for servers of models on this computer. */
  findServers(): Promise<void>
  /** Looks whether there is one at this address. */
  lookAtServer(address: string): Promise<void>
  addServer(wish: EngineWish): Promise<void>
  /** Adds our own engine with a model file that the owner names in a dialog of the system. */
  addOwnModel(): Promise<void>
  changeEngine(id: number, serving: Serving): Promise<void>
  removeEngine(id: number): Promise<void>

  coordinator(): Promise<Coordinator>
  /** Works elsewhere, after a yes in a dialog of the system. */
  setCoordinator(place: Place): Promise<void>

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
