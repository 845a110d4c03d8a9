import { Asking } from '../backend/asking.svelte'
import type { Backend, Coordinator, Engines, EngineWish, Place, Serving } from '../backend/backend'
import { Followed } from '../backend/followed.svelte'

/** What the screen knows of what serves, and of where. */
export class EnginesState extends Followed<Engines> {
  /** One change at a time. */
  readonly asking = new Asking()
  readonly #backend: Backend

  constructor(backend: Backend) {
    super(
      () => backend.engines(),
      (changed) => backend.onChanged('engines', changed),
    )
    this.#backend = backend
  }

  /** Looks for servers on this computer. */
  find(): Promise<void> {
    return this.#ask(() => this.#backend.findServers())
  }

  /** Looks whether there is one at this address. */
  lookAt(address: string): Promise<void> {
    return this.#ask(() => this.#backend.lookAtServer(address))
  }

  /** Serves with one more server. */
  add(wish: EngineWish): Promise<void> {
    return this.#ask(() => this.#backend.addServer(wish))
  }

  /** Serves with our own engine; the owner names the file outside this page. */
  addOwn(): Promise<void> {
    return this.#ask(() => this.#backend.addOwnModel())
  }

  /** Serves in another way from now on. */
  change(id: number, serving: Serving): Promise<void> {
    return this.#ask(() => this.#backend.changeEngine(id, serving))
  }

  /** Serves no longer with it. */
  remove(id: number): Promise<void> {
    return this.#ask(() => this.#backend.removeEngine(id))
  }

  #ask(request: () => Promise<void>): Promise<void> {
    return this.asking.ask(async () => {
      await request()
      await this.read()
    })
  }
}

/** Where the node works. */
export class CoordinatorState extends Followed<Coordinator> {
  /** One change at a time; the owner is asked outside this page. */
  readonly asking = new Asking()
  readonly #backend: Backend

  constructor(backend: Backend) {
    super(
      () => backend.coordinator(),
      (changed) => backend.onChanged('settings', changed),
    )
    this.#backend = backend
  }

  /** Works elsewhere, if the owner says yes to it outside this page. */
  choose(place: Place): Promise<void> {
    return this.asking.ask(async () => {
      await this.#backend.setCoordinator(place)
      await this.read()
    })
  }
}
