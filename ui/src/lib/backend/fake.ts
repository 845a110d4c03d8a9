import type {
  Account,
  AccountWish,
  Action,
  Backend,
  Blocked,
  Coordinator,
  Earnings,
  Engines,
  EngineWish,
  History,
  JobPage,
  JobRecord,
  Link,
  PayoutPage,
  PayoutRecord,
  Place,
  Rates,
  Serving,
  Settings,
  Status,
  Subject,
  Theme,
  Wallet,
  Wish,
} from './backend'
import { aStatus, someSettings } from './samples'
import { aCoordinator, anEngine, someEngines } from './samples-engines'

/** How many lines the fake gives at once. */
const PAGE = 10

/** What a fake node has. */
export interface World {
  status: Status
  wallet: Wallet | null
  earnings: Earnings | null
  account: Account | null
  history: History | null
  jobs: JobRecord[]
  payouts: PayoutRecord[]
  rates: Rates | null
  engines: Engines
  coordinator: Coordinator
  settings: Settings
}

function emptyWorld(): World {
  return {
    status: aStatus(),
    wallet: null,
    earnings: null,
    account: null,
    history: null,
    jobs: [],
    payouts: [],
    rates: null,
    engines: someEngines(),
    coordinator: aCoordinator(),
    settings: someSettings(),
  }
}

/** A node that does what it is told, for tests and for looking at the page in a browser. */
export class FakeBackend implements Backend {
  #world: World
  #listeners: Record<Subject, Set<() => void>> = {
    status: new Set(),
    money: new Set(),
    settings: new Set(),
    account: new Set(),
    history: new Set(),
    engines: new Set(),
  }
  /** What the next requests throw, until set back. */
  failure: unknown = null
  /** What the model says. */
  answer = 'The capital of France is Paris.'
  /** Every request by its name, with its argument. */
  readonly asked: string[] = []

  constructor(world: Partial<World> = {}) {
    this.#world = { ...emptyWorld(), ...world }
  }

  /** How often something was asked. */
  count(name: string): number {
    return this.asked.filter((one) => one === name).length
  }

  status = async (): Promise<Status> => this.#reply('status', this.#world.status)
  wallet = async (): Promise<Wallet | null> => this.#reply('wallet', this.#world.wallet)
  earnings = async (): Promise<Earnings | null> => this.#reply('earnings', this.#world.earnings)
  account = async (): Promise<Account | null> => this.#reply('account', this.#world.account)
  history = async (): Promise<History | null> => this.#reply('history', this.#world.history)
  rates = async (): Promise<Rates | null> => this.#reply('rates', this.#world.rates)
  engines = async (): Promise<Engines> => this.#reply('engines', this.#world.engines)
  coordinator = async (): Promise<Coordinator> => this.#reply('coordinator', this.#world.coordinator)
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

  async lookAtAccount(): Promise<void> {
    this.#reply('lookAtAccount', null)
    const page = this.#world.account?.page
    if (page) this.changeAccount({ page: { ...page, at: page.at + 1_000 } })
  }

  async manageAccount(wish: AccountWish): Promise<void> {
    this.#reply(`manageAccount ${Object.values(wish).join(' ')}`, null)
    this.changeAccount({ task: { act: wish.kind, outcome: null } })
  }

  async keepKey(_key: string): Promise<void> {
    this.#reply('keepKey', null)
    this.changeAccount({ task: { act: 'keep-key', outcome: null } })
  }

  async jobs(before: number | null): Promise<JobPage> {
    const from = before === null ? 0 : this.#world.jobs.findIndex(({ attempt }) => attempt < before)
    const jobs = this.#world.jobs.slice(from, from + PAGE)
    const next = from + PAGE < this.#world.jobs.length ? (jobs.at(-1)?.attempt ?? null) : null
    return this.#reply('jobs', { jobs, next })
  }

  async payouts(after: number | null): Promise<PayoutPage> {
    const from = after ?? 0
    const next = from + PAGE < this.#world.payouts.length ? from + PAGE : null
    return this.#reply('payouts', { payouts: this.#world.payouts.slice(from, from + PAGE), next })
  }

  async lookAtRates(): Promise<void> {
    this.#reply('lookAtRates', null)
    this.#tell('history')
  }

  async saveJobs(): Promise<void> {
    this.#reply('saveJobs', null)
  }

  async savePayouts(): Promise<void> {
    this.#reply('savePayouts', null)
  }

  async findServers(): Promise<void> {
    this.#reply('findServers', null)
    this.changeEngines({ searching: true })
  }

  async lookAtServer(address: string): Promise<void> {
    this.#reply(`lookAtServer ${address}`, null)
    this.changeEngines({ searching: true })
  }

  async addServer({ address, model, serving }: EngineWish): Promise<void> {
    this.#reply(`addServer ${address} ${model}`, null)
    const { engines, found } = this.#world.engines
    const program = found.find((one) => one.address === address)?.program ?? 'unknown'
    const source = { kind: 'server', address, program, model } as const
    const added = anEngine({ id: engines.length, source, ...serving, slotsNow: 0, health: 'starting' })
    this.changeEngines({ engines: [...engines, added], found: found.filter((one) => one.address !== address) })
  }

  async addOwnModel(): Promise<void> {
    this.#reply('addOwnModel', null)
  }

  async changeEngine(id: number, serving: Serving): Promise<void> {
    this.#reply(`changeEngine ${id}`, null)
    const engines = this.#world.engines.engines.map((one) => (one.id === id ? { ...one, ...serving } : one))
    this.changeEngines({ engines })
  }

  async removeEngine(id: number): Promise<void> {
    this.#reply(`removeEngine ${id}`, null)
    this.changeEngines({ engines: this.#world.engines.engines.filter((one) => one.id !== id) })
  }

  async setCoordinator(place: Place): Promise<void> {
    this.#reply(`setCoordinator ${Object.values(place).join(' ')}`, null)
    this.changeCoordinator({ now: place })
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

  /** Changes the account, if there is one, and tells everyone. */
  changeAccount(part: Partial<Account>): void {
    if (this.#world.account !== null) this.#world.account = { ...this.#world.account, ...part }
    this.#tell('account')
  }

  /** Changes the engines and tells everyone. */
  changeEngines(part: Partial<Engines>): void {
    this.#world.engines = { ...this.#world.engines, ...part }
    this.#tell('engines')
  }

  /** Changes where the node works and tells everyone. */
  changeCoordinator(part: Partial<Coordinator>): void {
    this.#world.coordinator = { ...this.#world.coordinator, ...part }
    this.#tell('settings')
  }

  /** Puts other jobs into the records and tells everyone. */
  changeJobs(jobs: JobRecord[]): void {
    this.#world.jobs = jobs
    this.#tell('history')
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
