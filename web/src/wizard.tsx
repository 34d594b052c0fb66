import "@mantine/core/styles.css";
import "./wizard.css";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./api/queries";
import { createPages } from "./router";
import { languages, preferredLanguage } from "./text/languages";
import { WizardApp } from "./WizardApp";

const root = document.getElementById("root");
const language = preferredLanguage();
const words = await languages[language].load();
if (root) {
  const queries = createQueryClient();
  createRoot(root).render(<WizardApp pages={createPages()} queries={queries} language={language} words={words} />);
}
