// Draws each chart from its specification; without the scripts that takes, the picture of the same.
"use strict";

const WIDTH_LEAST = 180;
const REDRAWN_AT = 24;
const EMBED = { ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true } };

function sized(spec, width) {
  const inner = Math.max(WIDTH_LEAST, width - (spec.usermeta?.side ?? 0));
  return { ...spec, vconcat: spec.vconcat.map((panel) => ({ ...panel, width: inner })) };
}

async function draw(figure) {
  const drawing = figure.querySelector(".drawing");
  try {
    const answer = await fetch(figure.dataset.chart, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`chart: ${answer.status}`);
    const spec = await answer.json();
    let drawnFor = 0;
    const redraw = async () => {
      const width = Math.floor(drawing.clientWidth);
      if (Math.abs(width - drawnFor) < REDRAWN_AT) return;
      drawnFor = width;
      await window.vegaEmbed(drawing, sized(spec, width), EMBED);
      figure.dataset.drawn = String(width);
    };
    await redraw();
    new ResizeObserver(() => redraw().catch(() => showPicture(figure))).observe(figure);
  } catch {
    showPicture(figure);
  }
}

function showPicture(figure) {
  const picture = document.createElement("img");
  picture.src = figure.dataset.picture;
  picture.alt = figure.getAttribute("aria-label");
  figure.querySelector(".drawing").replaceChildren(picture);
  figure.dataset.drawn = "picture";
}

for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
