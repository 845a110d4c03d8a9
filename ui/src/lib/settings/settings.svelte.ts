import { Asking } from '../backend/asking.svelte'
import type { Backend, Link, Settings, Theme } from '../backend/backend'
import { Followed } from '../backend/followed.svelte'

/** What the owner can set. */
export class SettingsState extends Followed<Settings> {
  /** Links and the end, one at a time. */
  readonly asking = new Asking()
  /** The keeping of a choice. */
  readonly keeping = new Asking()
  readonly #backend: Backend
  /** What was chosen and is not kept, or not yet: the page changes at once and the choice counts. */
  #chosen = $state<Theme | null>(null)

  constructor(backend: Backend) {
    super(
      () => backend.settings(),
      (changed) => backend.onChanged('settings', changed),
    )
    this.#backend = backend
  }

  /** The colours to show now. */
  get theme(): Theme {
    return this.#chosen ?? this.value?.theme ?? 'system'
  }

  /** Shows these colours at once and has them kept, the newest choice last. One that cannot be kept counts until the end. */
  async setTheme(theme: Theme): Promise<void> {
    this.#chosen = theme
    if (this.keeping.busy) return
    let next: Theme
    do {
      next = this.#chosen
      await this.keeping.ask(() => this.#keep(next))
    } while (this.#chosen !== next)
    if (this.keeping.refusal === null) this.#chosen = null
  }

  /** Opens a page of ours in the browser. */
  openLink(link: Link): Promise<void> {
    return this.asking.ask(() => this.#backend.openLink(link))
  }

  /** Ends the node and the app. */
  quit(): Promise<void> {
    return this.asking.ask(() => this.#backend.quit())
  }

  async #keep(theme: Theme): Promise<void> {
    await this.#backend.setTheme(theme)
    await this.read()
  }
}
