import { Asking } from '../backend/asking.svelte'
import type { Account, AccountWish, Backend } from '../backend/backend'
import { Followed } from '../backend/followed.svelte'

/** A look at the account is over by then, or nobody will say how it went. */
const LOOK_MS = 20_000

/** What the screen knows of the account, and what the owner asks about it. */
export class AccountState extends Followed<Account | null> {
  /** One thing at a time. */
  readonly asking = new Asking()
  /** A new look at the account's page, which hinders nothing else. */
  readonly looking = new Asking()
  readonly #backend: Backend

  constructor(backend: Backend) {
    super(
      () => backend.account(),
      (changed) => backend.onChanged('account', changed),
    )
    this.#backend = backend
  }

  /** Whether something is under way, here or outside this page. */
  get busy(): boolean {
    const task = this.value?.task ?? null
    return this.asking.busy || (task !== null && task.outcome === null)
  }

  /** Has the page read anew, and is busy with it until something newer is here or cannot be had. */
  lookAgain(): Promise<void> {
    return this.looking.ask(async () => {
      const before = stampOf(this.value)
      await this.#backend.lookAtAccount()
      await this.until((account) => stampOf(account) !== before, LOOK_MS)
    })
  }

  /** Begins something; the owner is then asked outside this page. */
  manage(wish: AccountWish): Promise<void> {
    return this.#ask(() => this.#backend.manageAccount(wish))
  }

  /** Hands a pasted key on. Nothing here remembers it. */
  keep(key: string): Promise<void> {
    return this.#ask(() => this.#backend.keepKey(key))
  }

  #ask(request: () => Promise<void>): Promise<void> {
    return this.asking.ask(async () => {
      await request()
      await this.read()
    })
  }
}

function stampOf(account: Account | null): string {
  return `${account?.page?.at} ${account?.trouble}`
}
