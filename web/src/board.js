// The order board: arrows among cards, deeds by key, news in place. Dragging does nothing; without this file the
// buttons and links do everything.
import { toast } from './toasts.js'
import { letters } from './keys.js'
import { entriesOf, listen as listenToOutbox } from './outbox.js'
import { me, sayWaiting, startStreet } from './waiting.js'
import { life } from './life.js'
import { island } from './islands.js'
import { visit } from './navigate.js'
import { Tidings } from './tidings.js'

const SELDOM = 3_000 // milliseconds

class Board {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.toasts = document.querySelector('[data-toasts]')
    this.pill = root.querySelector('[data-newpill]')
    this.tidings = new Tidings({
      root, words: this.words, seldom: SELDOM, address: () => `/orders/pulse?${root.dataset.query}`, show: told => this.show(told),
    })
  }

  start() {
    letters({
      j: () => this.move(1), k: () => this.move(-1), ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1),
      ArrowRight: () => this.across(1), ArrowLeft: () => this.across(-1), Enter: () => this.open(),
      s: () => this.sign(), S: () => this.root.querySelector('[data-sign-all]')?.requestSubmit(),
      b: () => this.fill('report_back'), t: () => this.fill('return'), e: () => this.fill('extension'),
      o: () => this.nextLate(), '.': () => this.pill.hidden || this.reload(), f: () => this.root.querySelector('[data-filter-open]').click(),
      Escape: () => this.root.querySelectorAll('details[open]').forEach(each => (each.open = false)),
    })
    this.root.addEventListener('click', event => this.clicked(event))
    this.root.addEventListener('focusin', event => this.mark(event.target.closest('.order')))
    document.addEventListener('submit', event => this.submitted(event), { capture: true, signal: life() })
    this.showTab(location.hash.slice(3) || this.firstFull())
    this.tidings.start(({ by }) => (this.by = by))
    startStreet(this.root, this.words)
    listenToOutbox(({ what }) => this.drawWaiting(what), life())
    this.drawWaiting(navigator.onLine ? '' : 'offline')
    this.root.dataset.ready = 'true'
  }

  /** What this device has not sent yet, over the board and on its cards. */
  async drawWaiting(end) {
    const entries = await entriesOf(me()).catch(() => [])
    sayWaiting(this.root.querySelector('[data-waiting]'), entries, this.words, end)
    const orders = new Set(entries.map(entry => entry.order))
    for (const card of this.root.querySelectorAll('.order')) {
      card.classList.toggle('is-waiting', orders.has(card.querySelector('.order__open').title))
    }
  }

  // ---------------------------------------------------------------- moving
  columns() {
    return [...this.root.querySelectorAll('[data-column]')]
  }

  cards(column) {
    return column ? [...column.querySelectorAll('.order')] : []
  }

  focused() {
    return this.root.querySelector('.order.is-focus')
  }

  mark(card) {
    if (card) for (const each of this.root.querySelectorAll('.order')) each.classList.toggle('is-focus', each === card)
  }

  goTo(card) {
    if (!card) return
    if (card.offsetParent === null) this.showTab(card.closest('[data-column]').dataset.column)
    this.mark(card)
    card.querySelector('.order__open').focus({ preventScroll: true })
    card.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  move(step) {
    const card = this.focused()
    if (!card) return this.goTo(this.root.querySelector('.order'))
    const all = this.cards(card.closest('[data-column]'))
    this.goTo(all[Math.min(all.length - 1, Math.max(0, all.indexOf(card) + step))])
  }

  /** To the next column that has cards, at the same height. */
  across(step) {
    const card = this.focused()
    if (!card) return this.move(0)
    const columns = this.columns()
    const from = card.closest('[data-column]')
    const row = this.cards(from).indexOf(card)
    for (let at = columns.indexOf(from) + step; columns[at]; at += step) {
      const all = this.cards(columns[at])
      if (all.length) return this.goTo(all[Math.min(row, all.length - 1)])
    }
  }

  /** The next card over its limit, column by column, round and round. */
  nextLate() {
    const late = [...this.root.querySelectorAll('.order[data-limit=OVERDUE]:not([data-gone])')]
    if (!late.length) return this.say(this.words.none_late)
    const here = late.indexOf(this.focused())
    this.goTo(late[(here + 1) % late.length])
  }

  clicked(event) {
    const tab = event.target.closest('[data-tab]')
    if (tab) {
      event.preventDefault()
      this.showTab(tab.dataset.tab)
    } else if (event.target.closest('[data-next-late]')) this.nextLate()
    else if (event.target.closest('[data-newpill]')) {
      event.preventDefault()
      this.reload()
    } else if (!event.target.closest('a, button')) this.touched(event.target.closest('.order'))
  }

  /** A click chooses a card; on a telephone it opens it. */
  touched(card) {
    this.goTo(card)
    if (card && window.matchMedia('(max-width: 760px)').matches) this.open()
  }

  // ---------------------------------------------------------------- on a telephone: one column at a time
  firstFull() {
    return (this.columns().find(column => this.cards(column).length) ?? this.columns()[0]).dataset.column
  }

  showTab(name) {
    this.tab = name
    for (const column of this.columns()) column.classList.toggle('is-shown', column.dataset.column === name)
    for (const tab of this.root.querySelectorAll('[data-tab]')) {
      if (tab.dataset.tab === name) tab.setAttribute('aria-current', 'true')
      else tab.removeAttribute('aria-current')
    }
  }

  // ---------------------------------------------------------------- deeds
  offers(card, deed) {
    if (!card || card.dataset.gone) return false
    if (card.dataset.offers.split(' ').includes(deed)) return true
    this.say(this.words.not_offered.replace('{deed}', this.words[`deed.${deed}`]))
    return false
  }

  open() {
    const link = this.focused()?.querySelector('.order__open')
    if (link) visit(link.href)
  }

  sign() {
    const card = this.focused()
    if (this.offers(card, 'sign')) this.send(new FormData(this.root.querySelector('[data-board]')), [card.dataset.order])
  }

  /** Report back, return, extend: deeds with a form of their own, on the order's page. */
  fill(deed) {
    const card = this.focused()
    if (this.offers(card, deed)) visit(`${card.querySelector('.order__open').href}?deed=${deed}`)
  }

  submitted(event) {
    const form = event.target
    if (!form.matches('[data-board], [data-sign-all]')) return
    event.preventDefault()
    event.stopPropagation()
    const orders = event.submitter?.name === 'order' ? [event.submitter.value] : new FormData(form).getAll('order')
    this.send(new FormData(form), orders)
  }

  async send(fields, orders) {
    if (this.busy || !orders.length) return
    this.busy = true
    const body = new URLSearchParams({ command_id: fields.get('command_id') })
    for (const order of orders) body.append('order', order)
    const headers = { Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }
    const response = await fetch('/orders/signing', { method: 'POST', headers, body }).catch(() => null)
    const answer = await response?.json().catch(() => null)
    this.busy = false
    if (!response?.ok) return this.say(answer?.detail ?? this.words.unreachable)
    await this.reload()
    toast(this.toasts, answer.said, { lines: answer.refusals, closeText: this.words.close })
  }

  say(sentence) {
    toast(this.toasts, sentence, { closeText: this.words.close })
  }

  /** The whole board as it is now; the focus stays on its card, or goes to the one that took its place. */
  async reload() {
    const card = this.focused()
    const column = card?.closest('[data-column]').dataset.column
    const place = card ? this.cards(card.closest('[data-column]')).indexOf(card) : 0
    const response = await fetch(window.location.href, { headers: { Accept: 'text/html' } }).catch(() => null)
    if (!response?.ok || response.redirected) return
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const fresh = page.querySelector('[data-island=board]')
    if (!fresh) return
    this.root.replaceChildren(...fresh.childNodes)
    this.pill = this.root.querySelector('[data-newpill]')
    this.showTab(this.tab)
    if (!card) return
    const same = this.root.querySelector(`[data-column="${column}"] [data-order="${card.dataset.order}"]`)
    const all = this.cards(this.root.querySelector(`[data-column="${column}"]`))
    this.goTo(same ?? all[Math.min(place, all.length - 1)] ?? this.root.querySelector('.order'))
  }

  // ---------------------------------------------------------------- news
  /** Counts in place; a card that moved stays, greyed, and says so; new ones wait at the edge. */
  show({ ids, counts }) {
    for (const place of this.root.querySelectorAll('[data-count]')) place.textContent = counts[place.dataset.count]
    let fresh = 0
    for (const column of this.columns()) {
      const now = new Set(ids[column.dataset.column])
      for (const card of this.cards(column)) {
        if (!now.delete(card.dataset.order) && !card.dataset.gone) this.gone(card)
      }
      fresh += now.size
    }
    this.tidings.offer(this.pill, fresh)
  }

  gone(card) {
    card.dataset.gone = 'true'
    const note = card.querySelector('[data-news]')
    note.textContent = this.by ? this.words.moved_by.replace('{name}', this.by) : this.words.moved
    note.hidden = false
    card.querySelector('.order__sign')?.remove()
  }
}

island('board', root => new Board(root).start())
