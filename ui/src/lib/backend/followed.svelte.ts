/**
 * Something of the node that the screen shows.
 * An event only says that it changed; the truth is then read again, so a lost event is harmless.
 */
export class Followed<T> {
  /** What was read last; kept while nothing newer can be had. */
  value = $state<T | null>(null)
  /** Whether it was ever read. What was read may itself be nothing. */
  known = $state(false)
  /** Whether the node answered the last time. */
  answers = $state(true)
  /** Whether the node tells us of changes. Without that, what was read may be old. */
  listens = $state(true)

  readonly #ask: () => Promise<T>
  readonly #listen: (changed: () => void) => Promise<() => void>
  #reading: Promise<void> | null = null
  #again = false
  #follows = false
  #listening: Promise<() => void> | null = null
  readonly #waiting = new Set<() => void>()

  constructor(ask: () => Promise<T>, listen: (changed: () => void) => Promise<() => void>) {
    this.#ask = ask
    this.#listen = listen
  }

  /** Begins to follow; the result ends it. */
  follow(): () => void {
    this.#follows = true
    this.again()
    return () => this.#end()
  }

  /** Reads anew and listens where that was refused before: for an owner who comes back to the page or asks for it. */
  again(): void {
    if (!this.#follows) return
    if (this.#listening === null) this.#begin()
    void this.read()
  }

  /** Resolves when something read is so, and after this many milliseconds at the latest. */
  until(isSo: (value: T | null) => boolean, most: number): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve()
      }
      const look = (): void => {
        if (isSo(this.value)) over()
      }
      const timer = setTimeout(over, most)
      this.#waiting.add(look)
      look()
    })
  }

  /** Reads the truth, and resolves when it is here. Calls during a read lead to one more read, not to many. */
  read(): Promise<void> {
    this.#again = true
    this.#reading ??= this.#readOn()
    return this.#reading
  }

  #begin(): void {
    const listening = this.#listen(() => void this.read())
    this.#listening = listening
    const heard = (): Promise<void> => {
      this.listens = true
      // Once more, since a change before the listening began would have been missed.
      return this.read()
    }
    const refused = (): void => {
      this.listens = false
      if (this.#listening === listening) this.#listening = null
    }
    void listening.then(heard, refused)
  }

  #end(): void {
    const listening = this.#listening
    this.#follows = false
    this.#listening = null
    this.listens = true
    void listening?.then((end) => end()).catch(() => {})
  }

  async #readOn(): Promise<void> {
    while (this.#again) {
      this.#again = false
      await this.#readOnce()
    }
    this.#reading = null
  }

  async #readOnce(): Promise<void> {
    try {
      this.value = await this.#ask()
      this.known = true
      this.answers = true
      for (const look of [...this.#waiting]) look()
    } catch {
      this.answers = false
    }
  }
}
