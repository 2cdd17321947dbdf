// Volumes by day. ECharts draws them in the style sheet's colours; a click on a day leads to its cases, and the table
// below the chart says the same in words.
import { LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { island } from './islands.js'
import { visit } from './navigate.js'
import { life } from './life.js'

use([LineChart, GridComponent, TooltipComponent, SVGRenderer])

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function options({ days, series }) {
  const axis = { axisLabel: { color: colour('--ink-3'), fontSize: 11 }, axisLine: { lineStyle: { color: colour('--line-strong') } } }
  return {
    animation: false,
    grid: { left: 8, right: 24, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis', transitionDuration: 0, backgroundColor: colour('--surface'), borderColor: colour('--line-strong'),
      textStyle: { color: colour('--ink'), fontSize: 12 },
    },
    xAxis: { type: 'category', data: days, boundaryGap: days.length === 1, axisTick: { show: false }, ...axis },
    yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: colour('--line') } }, ...axis, axisLine: { show: false } },
    series: series.map(({ name, values, colour: tone, dashed }) => ({
      type: 'line', name, data: values, color: colour(tone), showSymbol: days.length < 32, symbolSize: dashed ? 0 : 5,
      lineStyle: { width: 2, type: dashed ? [4, 4] : 'solid' },
    })),
  }
}

function start(root) {
  const data = JSON.parse(root.querySelector('[data-chart]').textContent)
  const box = document.createElement('div')
  box.className = 'day-chart__box'
  root.append(box)
  const chart = init(box, null, { renderer: 'svg' })
  const draw = () => chart.setOption(options(data), true)
  draw()
  chart.getZr().on('click', event => {
    const [at] = chart.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY])
    if (data.urls[at]) visit(data.urls[at])
  })
  new ResizeObserver(() => chart.resize()).observe(box)
  const themes = new MutationObserver(draw)
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  life().addEventListener('abort', () => {
    themes.disconnect()
    chart.dispose()
  })
  root.dataset.ready = 'true'
}

island('dashboard', start)
