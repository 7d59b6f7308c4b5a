// One chart: drawn for the eyes, told in numbers for everybody.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { bytes, clock, count } from "../parts/measures";
import type { Chart, Series } from "./history";

const HEIGHT = 180;
// The counters of a second: nothing is finer.
const TICK_SECONDS = [1, 5, 10, 30, 60, 120, 300];
// Told apart by lightness as well as by hue.
const LIGHT = ["#0b5a8f", "#b3541e", "#1c6b3a", "#7a2d8f", "#6b6b00", "#a3161a", "#35506b", "#8f2d5a"];
const DARK = ["#7cc3f2", "#f2a36b", "#86d9a2", "#d59cf0", "#d9d36b", "#ff9c9c", "#a7b4c2", "#f29cc5"];
const darkness = matchMedia("(prefers-color-scheme: dark)");

export function ChartFigure({ chart }: { chart: Chart }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null || chart.names.length === 0) return;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(chart, element), dataOf(chart), element);
    };
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    draw();
    resized.observe(element);
    darkness.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      darkness.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(chart)), [chart]);
  return (
    <figure class="panel chart">
      <figcaption>
        <h2>{chart.title}</h2>
        <ul class="legend">
          {chart.names.map((name, index) => (
            <li key={name}>
              <span class="swatch" style={{ backgroundColor: colours()[index % LIGHT.length] ?? "" }} /> {name}{" "}
              <b>{shown(chart, chart.values[index] ?? [])}</b>
            </li>
          ))}
          {chart.names.length === 0 && <li>none</li>}
        </ul>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
    </figure>
  );
}

function colours(): readonly string[] {
  return darkness.matches ? DARK : LIGHT;
}

function dataOf(chart: Chart): uPlot.AlignedData {
  return [chart.times, ...chart.values];
}

function optionsOf(chart: Chart, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const [text, line] = [style.getPropertyValue("--soft"), style.getPropertyValue("--line")];
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
    axes: [
      {
        ...axis,
        size: 32,
        space: 90,
        incrs: TICK_SECONDS,
        values: (_, ticks) => ticks.map((tick) => clock(tick * 1000).slice(0, 8)),
      },
      { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => measure(chart, tick)) },
    ],
    series: [
      {},
      ...chart.names.map((label, index) => ({
        label,
        stroke: colours()[index % LIGHT.length] ?? "",
        width: 2,
        points: { show: (plot: uPlot) => plot.data[0].length < 2 },
      })),
    ],
  };
}

function shown(chart: Chart, series: Series): string {
  const now = series.at(-1);
  return now === null || now === undefined ? "–" : measure(chart, now);
}

function measure(chart: Chart, number: number): string {
  if (chart.unit === "bytes") return bytes(Math.round(number));
  const rounded = Math.round(number * 10) / 10;
  return chart.unit === "milliseconds" ? `${count(rounded)} ms` : count(rounded);
}
