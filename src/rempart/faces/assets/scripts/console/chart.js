// Draw the shapes that the server made, one element each; times are written here, by this machine's clock.

import { sayClock } from "./say.js";

const SVG = "http://www.w3.org/2000/svg";

export function draw(svg, shapes, described) {
  svg.replaceChildren(...shapes.map(drawn));
  svg.removeAttribute("aria-labelledby");
  svg.setAttribute("aria-label", described);
}

function drawn({ name, text, at, ...attributes }) {
  const shape = document.createElementNS(SVG, name);
  for (const [attribute, content] of Object.entries(attributes)) shape.setAttribute(attribute, content);
  if (text !== undefined) shape.textContent = text;
  if (at !== undefined) shape.textContent = sayClock(at);
  return shape;
}
