import { Asking } from '../backend/asking.svelte'
import type { Backend, Status } from '../backend/backend'
import { Followed } from '../backend/followed.svelte'

/** What the screen knows of the node, and what the owner asks of it. */
export class NodeState extends Followed<Status> {
  /** Pause and resume, one at a time. */
  readonly asking = new Asking()
  readonly #backend: Backend

  constructor(backend: Backend) {
    super(
      () => backend.status(),
      (changed) => backend.onChanged('status', changed),
    )
    this.#backend = backend
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

  #ask(request: () => Promise<void>): Promise<void> {
    return this.asking.ask(async () => {
      await request()
      await this.read()
    })
  }
}
