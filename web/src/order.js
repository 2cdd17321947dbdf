// The page of one order in the street: photos, a draft that survives a bad network, and a step that waits in the outbox and
// goes off by itself when the network is back, with the same command id and so never twice.
import { Draft } from './drafts.js'
import { entriesOf, flush, listen, put, take } from './outbox.js'
import { StreetPhotos } from './street-photos.js'
import { me, sayWaiting, startStreet } from './waiting.js'
import { life } from './life.js'
import { island } from './islands.js'
import { revisit, visit } from './navigate.js'

class Order {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.island = root.querySelector('[data-island=form]')
    this.sign = root.querySelector('[data-sign]')
    this.box = root.querySelector('[data-waiting]')
    this.order = { number: root.dataset.order, person: me() }
    this.photos = new StreetPhotos(root.querySelector('[data-photos]'), this.order, this.words, words => this.tell('[data-line-state]', words))
    const place = `${root.dataset.person}:${root.dataset.order}`
    this.draft = new Draft(place, root.dataset.draft, this.words, words => this.tell('[data-draft-state]', words))
  }

  async start() {
    const kept = this.draft.kept()
    if (this.island && kept) this.putBack(kept.values)
    document.addEventListener('citydesk:form-changed', ({ detail }) => this.draft.written(detail.values), { signal: life() })
    this.island?.addEventListener('citydesk:sending', event => this.sending(event))
    this.island?.addEventListener('citydesk:unreachable', event => this.unreachable(event))
    this.island?.addEventListener('citydesk:refused', event => this.refused(event))
    this.island?.addEventListener('citydesk:sent', () => this.draft.forget())
    for (const button of this.root.querySelectorAll('[data-send-step]')) button.addEventListener('click', () => this.send())
    document.addEventListener('keydown', event => this.key(event), { capture: true, signal: life() })
    this.root.querySelector('[data-open-step]')?.addEventListener('click', event => this.openReturn(event.currentTarget))
    this.sign?.addEventListener('submit', event => this.signed(event), true)
    if (new URLSearchParams(location.search).get('deed') === 'return') this.root.querySelector('[data-open-step]')?.click()
    this.box.querySelector('[data-waiting-change]').addEventListener('click', () => this.change())
    this.box.querySelector('[data-waiting-again]').addEventListener('click', () => this.tryAgain())
    this.root.addEventListener('citydesk:unheld', () => this.draw())
    startStreet(this.root, this.words)
    listen(news => this.heard(news), life())
    await this.draw()
    this.root.dataset.ready = 'true'
  }

  tell(place, words) {
    const found = this.root.querySelector(place)
    if (found) found.textContent = words
  }

  /** Before form-js reads them: what this device kept is newer than what the server has. */
  putBack(values) {
    const data = this.island.querySelector('script[data-form]')
    const form = JSON.parse(data.textContent)
    data.textContent = JSON.stringify({ ...form, values: { ...form.values, ...values } })
    this.draft.keep(values)
  }

  key(event) {
    if (!(event.ctrlKey && event.key === 'Enter') || !this.root.querySelector('[data-send-step]:not([hidden])')) return
    event.stopImmediatePropagation()
    event.preventDefault()
    document.activeElement?.blur() // form-js takes over what was typed last
    setTimeout(() => this.send())
  }

  /** The step follows its photos: what is held here goes first. */
  async send() {
    if (this.photos.held().length && navigator.onLine) await flush()
    this.island.dispatchEvent(new CustomEvent('citydesk:send', { detail: { documents: this.photos.ids() } }))
  }

  sending(event) {
    if (navigator.onLine && !this.photos.held().length) return
    event.preventDefault()
    this.queueStep(event.detail)
  }

  unreachable(event) {
    event.preventDefault()
    this.queueStep(event.detail)
  }

  /** The session ended meanwhile: what was written waits until its person has signed in. */
  refused(event) {
    if (event.detail.problem.status !== 401) return
    event.preventDefault()
    this.queueStep(event.detail)
  }

  async queueStep({ values, documents }) {
    const id = this.island.dataset.command
    const body = JSON.stringify({ command_id: id, values, documents })
    const title = this.root.querySelector('#h-step').textContent
    await this.queue({ id, kind: 'step', url: this.island.dataset.post, type: 'application/json', body, title, values })
    this.draft.forget()
  }

  async queue(entry) {
    try {
      await put({ ...entry, person: this.order.person, order: this.order.number, method: 'POST' })
    } catch {
      return this.notice(this.words.device_full)
    }
    await this.draw()
    this.box.scrollIntoView({ block: 'nearest' })
    flush()
  }

  /** The photos and the step that wait, and what is said of them. While a step waits there is nothing else to press. */
  async draw(end = navigator.onLine ? this.end : 'offline') {
    this.end = end
    const mine = (await entriesOf(this.order.person).catch(() => [])).filter(entry => entry.order === this.order.number)
    await this.photos.drawAgain(mine.filter(entry => entry.kind === 'photo'))
    const step = mine.find(entry => entry.kind !== 'photo')
    sayWaiting(this.box, mine, this.words, end)
    this.box.querySelector('[data-waiting-change]').hidden = !step
    this.box.querySelector('[data-waiting-again]').hidden = !mine.some(entry => entry.state === 'refused')
    this.root.classList.toggle('has-waiting-step', Boolean(step))
  }

  heard({ what, entry, answer }) {
    if (entry && entry.order !== this.order.number) return
    if (what === 'sent' && entry.kind === 'photo') this.photos.arrived(entry.id)
    if (what === 'sent' && entry.kind === 'step') return visit(answer.next)
    if (what === 'sent' && entry.kind === 'sign') return revisit()
    return this.draw(what === 'offline' || what === 'signed_out' ? what : undefined)
  }

  /** What waits comes back into the form; should it have been sent meanwhile, the page is an old one. */
  async change() {
    const mine = (await entriesOf(this.order.person)).filter(entry => entry.order === this.order.number)
    const step = mine.find(entry => entry.kind !== 'photo')
    if (!step || !(await take(step.id))) return revisit()
    if (step.kind === 'step') {
      this.draft.done = false
      this.draft.keep(step.values)
      this.island.dispatchEvent(new CustomEvent('citydesk:fill', { detail: { values: step.values } }))
    }
    await this.draw()
    this.root.querySelector('[data-step]')?.scrollIntoView({ block: 'nearest' })
  }

  /** What was refused once more: somebody may have cleared what stood against it. */
  async tryAgain() {
    const mine = (await entriesOf(this.order.person)).filter(entry => entry.order === this.order.number)
    for (const entry of mine.filter(each => each.state === 'refused')) await put(entry)
    await flush()
  }

  notice(words) {
    this.tell('[data-draft-state]', words)
    this.tell('[data-line-state]', words)
  }

  openReturn(button) {
    this.root.querySelector('[data-step]').classList.remove('street__form--hidden')
    this.root.querySelector('[data-return]').hidden = false
    button.hidden = true
    this.root.querySelector('[data-step]').scrollIntoView({ block: 'start' })
  }

  /** The signature goes by the outbox too: pressed once, done once. */
  async signed(event) {
    event.preventDefault()
    event.stopImmediatePropagation()
    const written = new FormData(this.sign)
    const button = this.sign.querySelector('button')
    const type = 'application/x-www-form-urlencoded'
    const body = new URLSearchParams(written).toString()
    await this.queue({ id: written.get('command_id'), kind: 'sign', url: '/orders/signing', type, body, title: button.textContent.trim() })
  }
}

island('order', root => new Order(root).start())
