import { type Failure, failureOf } from './backend'

/** One request of the owner at a time, and why the last one did not work. */
export class Asking {
  /** Whether a request is under way. */
  busy = $state(false)
  /** Why the last request did not work. */
  refusal = $state<Failure | null>(null)

  /** Makes the request unless another is under way. A refusal is kept for the screen to tell. */
  async ask(request: () => Promise<void>): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.refusal = null
    try {
      await request()
    } catch (thrown) {
      this.refusal = failureOf(thrown)
    } finally {
      this.busy = false
    }
  }

  /** Whoever went away and comes back is not told of an old refusal. */
  forget(): void {
    this.refusal = null
  }
}
