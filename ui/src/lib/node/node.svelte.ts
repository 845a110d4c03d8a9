import { type Backend, failureOf, type Status } from '../backend/backend'

/**
 * What the screen knows of the node.
 * An event only says that something changed; the status is then read again, so a lost event is harmless.
 */
export class NodeState {
  /** The last status read; kept while a newer one cannot be had. */
  status = $state<Status | null>(null)
  /** Whether the node answered the last time. */
  answers = $state(true)
  /** Whether a request of the owner is under way. */
  busy = $state(false)
  /** Why the last request of the owner did not work. */
  refusal = $state<string | null>(null)

  readonly #backend: Backend
  #reading = false
  #again = false

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** Begins to follow the node; the result ends it. */
  follow(): () => void {
    const stop = this.#backend.onStatusChanged(() => void this.read())
    // Once more when the listening has begun, since a change before that would have been missed.
    stop.then(() => this.read()).catch(() => (this.answers = false))
    void this.read()
    return () => void stop.then((end) => end()).catch(() => {})
  }

  /** Reads the status. Calls during a read lead to one more read, not to many. */
  async read(): Promise<void> {
    this.#again = true
    if (this.#reading) return
    this.#reading = true
    while (this.#again) {
      this.#again = false
      await this.#readOnce()
    }
    this.#reading = false
  }

  /** Stops taking jobs. */
  pause(): Promise<void> {
    return this.#ask(() => this.#backend.pause())
  }

  /** Takes jobs again. */
  resume(): Promise<void> {
    return this.#ask(() => this.#backend.resume())
  }

  /** Asks the own node a question as a customer would. */
  sendPracticeJob(prompt: string): Promise<string> {
    return this.#backend.sendPracticeJob(prompt)
  }

  async #readOnce(): Promise<void> {
    try {
      this.status = await this.#backend.status()
      this.answers = true
    } catch {
      this.answers = false
    }
  }

  async #ask(request: () => Promise<void>): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.refusal = null
    try {
      await request()
      await this.read()
    } catch (thrown) {
      this.refusal = failureOf(thrown).detail
    } finally {
      this.busy = false
    }
  }
}
