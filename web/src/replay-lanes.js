// The time line: one lane for the stages, one for each instance, one for supervision; a playhead, and a veiled future.
import { spans } from './film.js'

const [LEFT, WIDTH, LANE, TOP] = [112, 1010, 24, 6]
const MOST_LANES = 5
const SVG = 'http://www.w3.org/2000/svg'

function made(name, attributes = {}, text = '') {
  const node = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  if (text) node.textContent = text
  return node
}

function short(text, room) {
  const most = Math.floor(room / 7.5) // a Chinese character takes 12, a Latin letter 6
  return text.length <= most ? text : most > 2 ? `${text.slice(0, most - 1)}…` : ''
}

export class Lanes {
  constructor(box, film, words, format, seek) {
    this.rows = film.rows
    this.from = film.rows[0].at
    this.to = Math.max(film.rows.at(-1).at, this.from + 60_000)
    const streams = film.streams.slice(0, MOST_LANES).map((stream, i) => ({ lane: i, name: stream.name }))
    const lanes = [{ lane: -1, name: words.stage }, ...streams]
    this.height = TOP + (lanes.length + (film.seals.length ? 1 : 0)) * LANE
    this.svg = made('svg', { class: 'chart lanes', viewBox: `0 0 ${WIDTH} ${this.height + 18}`, role: 'img', 'aria-label': `${format(this.from)} – ${format(this.to)}` })
    this.ticks(format)
    const all = spans(film)
    lanes.forEach(({ lane, name }, place) => this.lane(name, place, all.filter(span => span.lane === lane), lane))
    if (film.seals.length) this.seals(film.seals, lanes.length, words.supervision)
    this.veil = this.svg.appendChild(made('rect', { class: 'lanes__veil', y: 0, height: this.height }))
    this.head = this.svg.appendChild(made('line', { class: 'lanes__head', y1: 0, y2: this.height }))
    this.svg.addEventListener('click', event => seek(this.time(event)))
    box.replaceChildren(this.svg)
  }

  x(time) {
    return LEFT + ((time - this.from) / (this.to - this.from)) * (WIDTH - LEFT - 8)
  }

  time(event) {
    const box = this.svg.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width) * WIDTH
    return this.from + ((x - LEFT) / (WIDTH - LEFT - 8)) * (this.to - this.from)
  }

  ticks(format) {
    for (let i = 0; i <= 6; i++) {
      const x = this.x(this.from + ((this.to - this.from) * i) / 6)
      this.svg.append(made('line', { class: 'grid', x1: x, x2: x, y1: 2, y2: this.height }))
      this.svg.append(made('text', { x, y: this.height + 13, 'text-anchor': i === 6 ? 'end' : i ? 'middle' : 'start' }, format(this.from + ((this.to - this.from) * i) / 6)))
    }
  }

  lane(name, place, parts, lane) {
    const y = TOP + place * LANE
    this.svg.append(made('text', { x: 0, y: y + 14 }, short(name, LEFT)))
    for (const { from, to, name: what } of parts) {
      const [x, width] = [this.x(from), Math.max(2, this.x(to) - this.x(from))]
      const bar = this.svg.appendChild(made('rect', { class: lane < 0 ? 'lanes__stage' : 'lanes__work', x, y: y + 2, width, height: LANE - 6, rx: 3 }))
      bar.append(made('title', {}, what))
      if (width > 24) this.svg.append(made('text', { class: 'lanes__name', x: x + 6, y: y + 15 }, short(what, width - 10)))
    }
  }

  seals(seals, place, name) {
    const y = TOP + place * LANE
    this.svg.append(made('text', { x: 0, y: y + 14 }, name))
    for (const { at, level, word } of seals) {
      const mark = this.svg.appendChild(made('g', { class: 'lanes__seal', 'data-level': level, transform: `translate(${this.x(at) - 8} ${y + 2})` }))
      mark.append(made('rect', { width: 17, height: 17, rx: 3 }), made('text', { x: 8.5, y: 13, 'text-anchor': 'middle' }, word))
    }
  }

  show(time) {
    const x = this.x(time)
    for (const name of ['x1', 'x2']) this.head.setAttribute(name, x)
    this.veil.setAttribute('x', x)
    this.veil.setAttribute('width', Math.max(0, WIDTH - x))
  }
}
