import { render } from "preact";
import { keepSession } from "./api/session";
import { Shell } from "./shell/shell";
import "uplot/dist/uPlot.min.css";
import "./style/page.css";
import "./style/parts.css";
import "./style/rooms.css";

const place = document.getElementById("console");
if (place) {
  keepSession();
  render(<Shell />, place);
}
