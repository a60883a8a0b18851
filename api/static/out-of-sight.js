// Alarms that nobody has taken and that are scrolled out of sight: a line at the foot leads to them.

import { onAlarmsChanged, untakenAlarms } from "./alarms.js";
import { setText } from "./words.js";

const line = document.getElementById("out-of-sight");
let inSight = true;

function draw() {
  const waiting = untakenAlarms().length;
  line.hidden = inSight || waiting === 0;
  setText(line.querySelector("b"), String(waiting));
}

onAlarmsChanged(draw);
new IntersectionObserver((seen) => {
  inSight = seen.at(-1).isIntersecting;
  draw();
}).observe(document.getElementById("open-alarms"));
