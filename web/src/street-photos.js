// Photos of an order in the street: each goes into the outbox first, and so stays, waiting, whatever becomes of network and page.
import { flush, put, take } from './outbox.js'
import { Photos, identifier, named, picture, remover, shrunk } from './photos.js'

export class StreetPhotos extends Photos {
  constructor(list, order, words, say) {
    super(list, `/orders/${order.number}`, words, say)
    this.order = order
  }

  /** Ids of those the server has, and of those that wait. */
  ids() {
    return [...super.ids(), ...this.held().map(item => item.dataset.held)]
  }

  held() {
    return [...(this.list?.querySelectorAll('[data-held]') ?? [])]
  }

  async add(file) {
    const id = identifier()
    const item = this.drawHeld(id)
    const { blob, shown } = await shrunk(file)
    this.fill(item, file.name, shown)
    const url = `${this.place}/documents/${id}?name=${encodeURIComponent(file.name)}`
    const type = blob.type || 'application/octet-stream'
    try {
      await put({ id, person: this.order.person, order: this.order.number, kind: 'photo', url, method: 'PUT', type, body: blob, name: file.name })
    } catch {
      item.remove()
      return this.say(this.words.photo_failed.replace('{why}', this.words.device_full))
    }
    flush()
  }

  /** What waited when the page was opened. */
  async drawAgain(entries) {
    for (const entry of entries) {
      if (this.itemOf(entry.id)) continue
      const item = this.drawHeld(entry.id)
      this.fill(item, entry.name, (await shrunk(entry.body)).shown)
    }
  }

  drawHeld(id) {
    const item = document.createElement('li')
    item.className = 'photo photo--sm is-waiting'
    item.dataset.held = id
    this.list.append(item)
    return item
  }

  fill(item, name, shown) {
    item.append(shown ? picture(shown, this.words.photo_waits) : named(name), remover(this.words.remove))
  }

  itemOf(id) {
    return this.list?.querySelector(`[data-held="${id}"]`)
  }

  arrived(id) {
    const item = this.itemOf(id)
    if (!item) return
    delete item.dataset.held
    item.dataset.document = id
    item.classList.remove('is-waiting')
    item.querySelector('img')?.setAttribute('alt', this.words.photo)
    this.say(this.words.sent.replace('{n}', super.ids().length))
  }

  async removed(button) {
    const item = button?.closest('[data-held]')
    if (!item) return super.removed(button)
    await take(item.dataset.held)
    item.remove()
    this.list.dispatchEvent(new CustomEvent('citydesk:unheld', { bubbles: true }))
  }
}
