import { createRoot } from "react-dom/client";
import { App } from "./App";
import { startTexts } from "./i18n";
import "./style.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html holds no #root");
await startTexts();
createRoot(root).render(<App />);
