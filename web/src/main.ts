import { h, render } from "preact";
import "./main.css";

const root = document.getElementById("app");
if (root) render(h("p", null, "Parley"), root);
