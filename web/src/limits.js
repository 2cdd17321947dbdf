// Limit chips and other relative times: the server's text is true at load; each minute it is counted on in place.
import { every } from './life.js'

const MINUTE = 60_000

/** The largest two units of a span, in the page's language: “1 天 3 时”, “4 h 20 m”. */
export function spanText(milliseconds, zh) {
  const minutes = Math.floor(Math.abs(milliseconds) / MINUTE)
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  const units = zh ? [' 天', ' 时', ' 分'] : [' d', ' h', ' m']
  const parts = [d, h, m].map((n, i) => (n ? `${n}${units[i]}` : '')).filter(Boolean)
  return parts.slice(0, 2).join(' ') || `0${units[2]}`
}

/** A limit of the open case that has just run out is told to whoever cannot see its colour; lists stay silent. */
function announce(chip, text) {
  const place = document.querySelector('[data-live-said]')
  if (place && chip.closest('.subject')) place.textContent = `${chip.querySelector('.sr-only')?.textContent ?? ''}${text}`
}

function refresh(chip, now) {
  const zh = document.documentElement.lang.startsWith('zh')
  const [started, warn, due] = ['started', 'warn', 'due'].map(name => Date.parse(chip.dataset[name]))
  const left = due - now
  const state = left <= 0 ? 'OVERDUE' : now >= warn ? 'DUE_SOON' : 'RUNNING'
  const span = spanText(left, zh)
  if (state === 'OVERDUE' && chip.dataset.state !== 'OVERDUE') announce(chip, zh ? `超 ${span}` : `${span} over`)
  chip.dataset.state = state
  chip.style.setProperty('--p', String(Math.min(100, Math.max(0, ((now - started) / (due - started)) * 100))))
  chip.querySelector('.limit__text').textContent = zh
    ? `${left <= 0 ? '超' : '剩'} ${span}`
    : `${span} ${left <= 0 ? 'over' : 'left'}`
}

export function countLimits() {
  const update = () => {
    const now = Date.now()
    for (const chip of document.querySelectorAll('.limit[data-due]')) refresh(chip, now)
  }
  if (document.querySelector('.limit[data-due]')) every(MINUTE, update)
}
