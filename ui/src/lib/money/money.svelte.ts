import { Asking } from '../backend/asking.svelte'
import type { Backend, Earnings, Wallet, Wish } from '../backend/backend'
import { Followed } from '../backend/followed.svelte'

/** A look at the chain is over by then, or nobody will say how it went. */
const LOOK_MS = 20_000

/** What the screen knows of the owner's money, and what the owner asks about it. */
export class MoneyState {
  readonly wallet: Followed<Wallet | null>
  readonly earnings: Followed<Earnings | null>
  /** One thing at a time: no second click begins a second plan. */
  readonly asking = new Asking()
  /** A new look at the chain, which hinders nothing else. */
  readonly looking = new Asking()
  readonly #backend: Backend

  constructor(backend: Backend) {
    const listen = (changed: () => void): Promise<() => void> => backend.onChanged('money', changed)
    this.wallet = new Followed(() => backend.wallet(), listen)
    this.earnings = new Followed(() => backend.earnings(), listen)
    this.#backend = backend
  }

  /** Has the chain read anew, and is busy with it until something newer is here or cannot be had. */
  lookAgain(): Promise<void> {
    return this.looking.ask(async () => {
      const before = stampOf(this.wallet.value)
      await this.#backend.lookAgain()
      await this.wallet.until((wallet) => stampOf(wallet) !== before, LOOK_MS)
    })
  }

  /** Begins a plan; the owner is then asked outside this page. */
  begin(wish: Wish): Promise<void> {
    return this.#ask(() => this.#backend.begin(wish))
  }

  /** Goes on with what was interrupted. */
  goOn(): Promise<void> {
    return this.#ask(() => this.#backend.goOn())
  }

  /** Gives up what was interrupted. */
  giveUp(): Promise<void> {
    return this.#ask(() => this.#backend.giveUp())
  }

  /** Practice only: fills the wallet with play money. */
  getPracticeMoney(): Promise<void> {
    return this.#ask(() => this.#backend.getPracticeMoney())
  }

  /** Practice only: moves the practice chain's clock over the cooldown. */
  skipCooldown(): Promise<void> {
    return this.#ask(() => this.#backend.skipCooldown())
  }

  #ask(request: () => Promise<void>): Promise<void> {
    return this.asking.ask(async () => {
      await request()
      await this.wallet.read()
    })
  }
}

/** When the chain was looked at, and what was the trouble with it. */
function stampOf(wallet: Wallet | null): string {
  return `${wallet?.seen?.at} ${wallet?.trouble}`
}
