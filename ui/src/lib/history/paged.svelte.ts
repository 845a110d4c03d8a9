import { Followed } from '../backend/followed.svelte'

/** A list of which one piece is shown at a time. */
export class Paged<Page extends { next: number | null }> extends Followed<Page> {
  /** Where the pieces begin, from the newest to the one that is shown. */
  readonly #starts: { list: (number | null)[] }

  constructor(ask: (from: number | null) => Promise<Page>, listen: (changed: () => void) => Promise<() => void>) {
    const starts = $state<{ list: (number | null)[] }>({ list: [null] })
    super(() => ask(starts.list.at(-1) ?? null), listen)
    this.#starts = starts
  }

  /** Which piece is shown, from 1 on. */
  get number(): number {
    return this.#starts.list.length
  }

  /** Whether there is anything newer than what is shown. */
  get hasNewer(): boolean {
    return this.number > 1
  }

  /** Whether there is anything older. */
  get hasOlder(): boolean {
    return (this.value?.next ?? null) !== null
  }

  /** Shows the piece after this one. */
  async older(): Promise<void> {
    const next = this.value?.next ?? null
    if (next === null) return
    this.#starts.list.push(next)
    await this.read()
  }

  /** Shows the piece before this one. */
  async newer(): Promise<void> {
    if (!this.hasNewer) return
    this.#starts.list.pop()
    await this.read()
  }
}
