import { Asking } from '../backend/asking.svelte'
import type { Backend, History, JobPage, PayoutPage, Rates } from '../backend/backend'
import { Followed } from '../backend/followed.svelte'
import { Paged } from './paged.svelte'

/** A look at the Grid's figures is over by then, or nobody will say how it went. */
const LOOK_MS = 20_000

/** What the screen knows of the work so far and what came of it. */
export class HistoryState {
  readonly overview: Followed<History | null>
  readonly jobs: Paged<JobPage>
  readonly payouts: Paged<PayoutPage>
  readonly rates: Followed<Rates | null>
  /** The writing of a file, one at a time. */
  readonly saving = new Asking()
  /** A new look at the Grid's figures. */
  readonly looking = new Asking()
  readonly #backend: Backend

  constructor(backend: Backend) {
    const listen = (changed: () => void): Promise<() => void> => backend.onChanged('history', changed)
    this.overview = new Followed(() => backend.history(), listen)
    this.jobs = new Paged((before) => backend.jobs(before), listen)
    this.payouts = new Paged((after) => backend.payouts(after), listen)
    this.rates = new Followed(() => backend.rates(), listen)
    this.#backend = backend
  }

  /** All that it follows. */
  get followed(): Followed<unknown>[] {
    return [this.overview, this.jobs, this.payouts, this.rates]
  }

  /** Begins to follow all of it; the result ends it. */
  follow(): () => void {
    const ends = this.followed.map((one) => one.follow())
    return () => ends.forEach((end) => end())
  }

  /** Has the Grid's figures read anew, and is busy with it until something newer is here or cannot be had. */
  lookAgain(): Promise<void> {
    return this.looking.ask(async () => {
      const before = this.rates.value?.at
      await this.#backend.lookAtRates()
      await this.rates.until((rates) => rates?.at !== before, LOOK_MS)
    })
  }

  /** Writes all jobs into a file. The owner names it in a dialog of the system; this page never knows where. */
  saveJobs(): Promise<void> {
    return this.saving.ask(() => this.#backend.saveJobs())
  }

  /** The same for all payouts. */
  savePayouts(): Promise<void> {
    return this.saving.ask(() => this.#backend.savePayouts())
  }
}
