import type { Action, Backend, Blocked, Earnings, Link, Settings, Status, Subject, Theme, Wallet, Wish } from './backend'
import { aStatus, someSettings } from './samples'

/** What a fake node has. */
export interface World {
  status: Status
  wallet: Wallet | null
  earnings: Earnings | null
  settings: Settings
}

/** A node that does what it is told, for tests and for looking at the page in a browser. */
export class FakeBackend implements Backend {
  #world: World
  #listeners: Record<Subject, Set<() => void>> = { status: new Set(), money: new Set(), settings: new Set() }
  /** What the next requests throw, until set back. */
  failure: unknown = null
  /** What the model says. */
  answer = 'The capital of France is Paris.'
  /** Every request by its name, with its argument. */
  readonly asked: string[] = []

  constructor(world: Partial<World> = {}) {
    this.#world = { status: aStatus(), wallet: null, earnings: null, settings: someSettings(), ...world }
  }

  /** How often something was asked. */
  count(name: string): number {
    return this.asked.filter((one) => one === name).length
  }

  status = async (): Promise<Status> => this.#reply('status', this.#world.status)
  wallet = async (): Promise<Wallet | null> => this.#reply('wallet', this.#world.wallet)
  earnings = async (): Promise<Earnings | null> => this.#reply('earnings', this.#world.earnings)
  settings = async (): Promise<Settings> => this.#reply('settings', this.#world.settings)

  async pause(): Promise<void> {
    this.#reply('pause', null)
    this.changeStatus({ phase: { kind: 'paused' } })
  }

  async resume(): Promise<void> {
    this.#reply('resume', null)
    this.changeStatus({ phase: { kind: 'waiting' } })
  }

  async sendPracticeJob(_prompt: string): Promise<string> {
    return this.#reply('sendPracticeJob', this.answer)
  }

  async lookAgain(): Promise<void> {
    this.#reply('lookAgain', null)
    const seen = this.#world.wallet?.seen
    if (seen) this.changeWallet({ seen: { ...seen, at: seen.at + 1_000 } })
  }

  async begin(wish: Wish): Promise<void> {
    this.#reply(`begin ${wish}`, null)
    const offer = this.#world.wallet?.offers.find((offer) => offer.wish === wish)
    const steps = (offer?.steps ?? []).map((step) => ({ step, state: 'open' as const, hash: null }))
    const slow = offer?.slow ?? false
    const action: Action = { wish, amount: '1000', slow, stage: 'asking', steps, outcome: null, obstacle: null }
    this.changeWallet({ action })
  }

  async goOn(): Promise<void> {
    this.#reply('goOn', null)
    this.#changeAction({ stage: 'carrying', outcome: null })
  }

  async giveUp(): Promise<void> {
    this.#reply('giveUp', null)
    this.#changeAction({ stage: 'ended', outcome: 'given-up' })
  }

  async getPracticeMoney(): Promise<void> {
    this.#reply('getPracticeMoney', null)
    const { seen, offers } = this.#world.wallet ?? { seen: null, offers: [] }
    const free = offers.map((offer) => ({ ...offer, obstacle: null }))
    this.changeWallet({ seen: seen && { ...seen, aipg: '1050', eth: '1' }, offers: free })
  }

  async skipCooldown(): Promise<void> {
    this.#reply('skipCooldown', null)
    const seen = this.#world.wallet?.seen
    if (seen) this.changeWallet({ seen: { ...seen, bond: { kind: 'withdrawable', amount: '1000' } } })
  }

  async setTheme(theme: Theme): Promise<void> {
    this.#reply(`setTheme ${theme}`, null)
    this.#world.settings = { ...this.#world.settings, theme }
    this.#tell('settings')
  }

  async openLink(link: Link): Promise<void> {
    this.#reply(`openLink ${link}`, null)
  }

  async quit(): Promise<void> {
    this.#reply('quit', null)
  }

  async reportBlocked({ directive, what }: Blocked): Promise<void> {
    this.#reply(`reportBlocked ${directive} ${what}`, null)
  }

  async onChanged(what: Subject, changed: () => void): Promise<() => void> {
    this.#listeners[what].add(changed)
    return () => this.#listeners[what].delete(changed)
  }

  /** How many listen. */
  get listeners(): number {
    return Object.values(this.#listeners).reduce((sum, some) => sum + some.size, 0)
  }

  /** Changes the node and tells everyone. */
  changeStatus(part: Partial<Status>): void {
    this.#world.status = { ...this.#world.status, ...part }
    this.#tell('status')
  }

  /** Changes the wallet and tells everyone; nothing takes it away. */
  changeWallet(part: Partial<Wallet> | null): void {
    const before = this.#world.wallet
    this.#world.wallet = part === null || before === null ? null : { ...before, ...part }
    this.#tell('money')
  }

  #changeAction(part: Partial<Action>): void {
    const action = this.#world.wallet?.action
    if (action) this.changeWallet({ action: { ...action, ...part } })
  }

  #tell(what: Subject): void {
    for (const listener of this.#listeners[what]) listener()
  }

  #reply<T>(name: string, value: T): T {
    this.asked.push(name)
    if (this.failure !== null) throw this.failure
    return structuredClone(value)
  }
}
